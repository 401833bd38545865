// Count matrices are stored sparse and used dense.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "formats/array.hpp"

namespace elbo::host::formats {

/// Zeros, [rows, columns], for `stored` values. Throws UserError naming `where` when it would take more than 16 GiB, or
/// claims a size out of all proportion to what is stored, as a damaged header does.
Array zeros(int64_t rows, int64_t columns, size_t stored, const std::string& where);

/// The three arrays of a compressed matrix: of row i the columns indices[starts[i] .. starts[i+1]) with their values.
struct Compressed {
  std::vector<int64_t> starts, indices;
  std::vector<float> values;
  int64_t rows = 0, columns = 0;
};

/// [rows, columns], or the transposed of it. Throws UserError naming `where` when the three arrays disagree.
Array dense(const Compressed& matrix, bool transposed, const std::string& where);
/// [N, M] to [M, N].
Array transposed(const Array& matrix, const std::string& where);

}  // namespace elbo::host::formats
