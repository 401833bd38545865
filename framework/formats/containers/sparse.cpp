#include "formats/containers/sparse.hpp"

#include <fmt/format.h>

#include <elbo/error.hpp>

namespace elbo::host::formats {
namespace {

constexpr int64_t most_values = int64_t{1} << 32;

[[noreturn]] void refuse_sparse(const std::string& where, const std::string& found) {
  throw UserError(where + ": " + found + "; expected a compressed sparse matrix; copy it again");
}

void check(const Compressed& m, const std::string& where) {
  if (static_cast<int64_t>(m.starts.size()) != m.rows + 1)
    refuse_sparse(where, fmt::format("has {} row starts for {} rows", m.starts.size(), m.rows));
  if (m.indices.size() != m.values.size())
    refuse_sparse(where, fmt::format("has {} indices for {} values", m.indices.size(), m.values.size()));
  if (m.starts.front() != 0 || m.starts.back() != static_cast<int64_t>(m.values.size()))
    refuse_sparse(where, fmt::format("its row starts go from {} to {} for {} values", m.starts.front(), m.starts.back(),
                                     m.values.size()));
  for (size_t i = 1; i < m.starts.size(); ++i)
    if (m.starts[i] < m.starts[i - 1]) refuse_sparse(where, fmt::format("its row starts fall at row {}", i - 1));
  for (const int64_t index : m.indices)
    if (index < 0 || index >= m.columns)
      refuse_sparse(where, fmt::format("holds the index {} for {} columns", index, m.columns));
}

}  // namespace

Array zeros(int64_t rows, int64_t columns, size_t stored, const std::string& where) {
  int64_t count = 0;
  if (rows < 0 || columns < 0 || __builtin_mul_overflow(rows, columns, &count) || count > most_values)
    throw UserError(fmt::format("{}: claims {} x {} values; expected at most 2^32 (16 GiB dense); keep fewer columns",
                                where, rows, columns));
  if (static_cast<double>(count) > 1e4 * static_cast<double>(stored) + 1e7)
    throw UserError(fmt::format("{}: claims {} x {} values and stores {}; expected more of them; copy it again", where,
                                rows, columns, stored));
  return {.shape = {rows, columns}, .values = std::vector<float>(static_cast<size_t>(count))};
}

Array dense(const Compressed& m, bool transposed, const std::string& where) {
  check(m, where);
  Array array =
      transposed ? zeros(m.columns, m.rows, m.values.size(), where) : zeros(m.rows, m.columns, m.values.size(), where);
  auto& values = std::get<std::vector<float>>(array.values);
  for (int64_t row = 0; row < m.rows; ++row)
    for (auto i = static_cast<size_t>(m.starts[static_cast<size_t>(row)]);
         i < static_cast<size_t>(m.starts[static_cast<size_t>(row) + 1]); ++i) {
      const int64_t at = transposed ? m.indices[i] * m.rows + row : row * m.columns + m.indices[i];
      values[static_cast<size_t>(at)] += m.values[i];  // duplicates add up, as in SciPy
    }
  return array;
}

Array transposed(const Array& matrix, const std::string& where) {
  if (matrix.shape.size() != 2)
    throw UserError(where + ": holds an array " + to_string(matrix.shape) + "; expected a matrix");
  const int64_t rows = matrix.shape[0], columns = matrix.shape[1];
  Array result{.shape = {columns, rows}, .values = matrix.values};
  std::visit(
      [&](auto& to) {
        const auto& from = std::get<std::decay_t<decltype(to)>>(matrix.values);
        for (int64_t r = 0; r < rows; ++r)
          for (int64_t c = 0; c < columns; ++c)
            to[static_cast<size_t>(c * rows + r)] = from[static_cast<size_t>(r * columns + c)];
      },
      result.values);
  return result;
}

}  // namespace elbo::host::formats
