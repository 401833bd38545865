// Chosen rows of a file, read a piece at a time.
#pragma once
#include <span>

#include "data/dataset.hpp"
#include "data/row_file.hpp"

namespace elbo::data {

/// So many rows are read at one go: about four million values, whole grains.
int64_t rows_of_a_piece(const RowFile& file);

/// The rows in the given order, checked and typed as the description says: [rows, X...]. Throws UserError.
Array gathered(RowFile& file, std::span<const int64_t> rows, const Description& description);

}  // namespace elbo::data
