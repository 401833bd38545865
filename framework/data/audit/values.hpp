// The stored values as a description promises them.
#pragma once
#include <string>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// The description's file of that role ("train_x", "labels"); nothing when it has none.
const Description::File* file_for(const Description& description, const std::string& role);
/// Whether training and test data have a label each.
bool has_labels(const Description& description);
/// "mnist (t10k-images-idx3-ubyte)"
std::string name_in(const Description& description, const Description::File& file);

/// Whether values are kept as bytes: discrete ones that fit; continuous ones become floats, whatever the file's type.
bool stays_bytes(const Description& description, bool stored_as_bytes);
/// The rows in which no value is missing.
std::vector<int64_t> complete_rows(const Array& x);
/// These rows of all, in that order.
template <class T>
std::vector<T> gathered(const std::vector<T>& all, const std::vector<int64_t>& rows, int64_t values_of_a_row) {
  std::vector<T> chosen;
  chosen.reserve(rows.size() * static_cast<size_t>(values_of_a_row));
  for (const int64_t i : rows)
    chosen.insert(chosen.end(), all.begin() + i * values_of_a_row, all.begin() + (i + 1) * values_of_a_row);
  return chosen;
}
Array gathered(const Array& all, const std::vector<int64_t>& rows);
/// Whether a value can be one of this support; on how many levels, of Support::levels.
bool is_allowed(float value, Support support, int64_t levels);
/// Checks values of rows `first` and on, or of these rows of their file, and gives them that type. Throws UserError naming `where`, the first
/// data point that is outside the support and its column.
void conform(Array& x, const Description& description, int64_t first, const std::string& where,
             const std::vector<int64_t>& rows = {});
/// One label a row, or none when there is no such file; names are codes of the names of all parts. Throws UserError: another number of them, or
/// fractions.
std::vector<int64_t> read_labels(const Description& description, const std::string& role, int64_t rows);
/// Throws UserError unless `found` holds as many rows and values as the description says.
void check_shape(const Shape& found, const Shape& expected, const std::string& where);

}  // namespace elbo::host::data
