// The fields of a text table as they lie in its file, so that the table can be written again with some of them changed.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "formats/text/text_table.hpp"

namespace elbo::host::formats {

struct TableFields {
  std::vector<std::byte> bytes;  // which the table views
  TextTable table;
  std::vector<size_t> places{};    // of each wanted column among those of the table
  bool has_decimal_comma = false;  // in some of them: "1,5" is 1.5

  /// What separates fields when the table is written again.
  char delimiter() const { return table.delimiter == ' ' ? ',' : table.delimiter; }
  /// The line of names with its end; empty where the table has none.
  std::string header() const;
  /// A line of these fields with its end.
  std::string line(const std::vector<std::string>& fields) const;
};

/// `columns` are found by name; in a table without a line of names by their places, as columns_as_before() finds them. Throws UserError where the file
/// cannot be read or has not these columns.
TableFields fields_of_table(const std::filesystem::path& file, const std::vector<std::string>& columns);

}  // namespace elbo::host::formats
