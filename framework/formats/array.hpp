// An array of numbers in memory, and what is known of one inside a file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <elbo/observation.hpp>

#include "formats/image_options.hpp"

namespace elbo::host::formats {

/// What was read of one column of a text table.
struct TableColumn {
  std::string name;
  std::string kind;                   // "number", "flag", "category", "date", "time", "text"
  std::vector<std::string> levels{};  // names of the codes 0, 1, ... of a flag or category
  std::string unit{};                 // "days since 2012-01-01", or nothing
  double origin = 0;                  // what a stored 0 stands for: the number, or of a date the day since 1970-01-01
  size_t date_style = 0;              // of a date: DateStyle
  int64_t missing = 0;
  int64_t distinct = 0;     // different fields
  std::string commonest{};  // field, and its share of those that are not missing; nothing where too many differ
  double commonest_share = 0;
  double low = 0, high = 0;  // of its numbers or codes that are not missing
  bool is_whole = true;      // all of these are
  std::string left_out{};    // why it is none of the array's columns, or nothing
};

/// A row-major array, its first dimension the data.
struct Array {
  Shape shape;                                                    // [N, X...]
  std::variant<std::vector<uint8_t>, std::vector<float>> values;  // NaN where a float is missing
  std::vector<std::string> columns{};                             // their names, where the file has a header
  std::vector<TableColumn> table{};    // of a text table, or of labels that were names: one for each of its columns
  std::vector<std::string> notes{};    // sentences about what was left out or changed when it was read
  std::optional<ImageFacts> images{};  // of a folder of images
  int64_t rows() const { return shape.empty() ? 0 : shape[0]; }
};

/// The values as bytes, in memory order.
inline std::span<const std::byte> value_bytes(const Array& array) {
  return std::visit([](const auto& values) { return std::as_bytes(std::span(values)); }, array.values);
}

/// One array inside a container.
struct Part {
  std::string name;
  Shape shape;
  std::string type;        // "uint8", "float32", "int64, sparse", "labels", ...; empty when it holds no numbers
  std::string fault = {};  // where that is known, why it holds none
};

/// Class names as numbers: the place of each among the distinct names in alphabetical order, [N]; the names are in `table`.
Array coded(const std::vector<std::string>& names);
/// The same of labels. Throws UserError naming `where` where some stand for a missing value ("", "nan", "NA"): that is no class.
Array coded_labels(const std::vector<std::string>& names, const std::string& where);

}  // namespace elbo::host::formats
