// A table in text as it lies in its file: encoding, records, delimiter, header. What its columns hold, column_values.hpp says.
#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elbo::host::formats {

struct TextTable {
  std::string file;
  char delimiter = ',';
  std::vector<std::string> header{};  // one name a column, "" where it has none; empty: the file has no header
  std::vector<std::string_view> rows{};
  std::vector<size_t> lines{};  // of each row, from 1
  size_t columns = 0;
  std::vector<std::string> notes{};              // sentences about what was done to the file
  std::shared_ptr<const std::string> decoded{};  // what `rows` view where the bytes themselves are not UTF-8

  /// The fields of a row without quotes and blanks around them. Throws UserError naming the line when there are not `columns`.
  std::vector<std::string> fields(size_t row) const;
  /// As the header has it, else its place from 1.
  std::string name_of(size_t column) const;
};

/// Reads UTF-8, UTF-16 or, with a note, Windows-1252, lines that end in LF, CRLF or CR, fields in double quotes that may hold delimiters and line ends. Tab, ';', '|', ',' and
/// runs of blanks are recognised as delimiters where each row has as many fields; a first line of names as a header, also one behind '#', one that lacks
/// the name of R's row names, or pandas' default "0,1,2"; below it, a line of units is left out. A line of counts, as in scikit-learn's files, is checked
/// and left out. `bytes` must outlive the table. Throws UserError: empty, a quote that is not closed, truncated.
TextTable read_text_table(std::span<const std::byte> bytes, const std::filesystem::path& file);

}  // namespace elbo::host::formats
