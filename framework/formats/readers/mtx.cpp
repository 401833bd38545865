#include "formats/containers/matrix_market.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>

#include <elbo/error.hpp>

#include "format_files.hpp"
#include "formats/containers/sparse.hpp"
#include "formats/float_precision.hpp"
#include "formats/text/text_fields.hpp"

namespace elbo::host::formats {
namespace {

/// Reads on line by line, leaving out comments and empty lines.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::filesystem::path& file)
      : lines_(lines_of(bytes)), file_(file.string()) {}

  /// False after the last line.
  bool next() {
    while (at_ < lines_.size()) {
      const std::string_view line = lines_[at_++];
      if (line.starts_with('%') && at_ > 1) continue;
      fields_ = fields_of(line, ' ');
      if (!fields_.empty()) return true;
    }
    return false;
  }
  const std::vector<std::string>& fields() const { return fields_; }
  size_t lines() const { return lines_.size(); }
  const std::string& file() const { return file_; }

  int64_t integer(size_t i, const char* what) const {
    const auto value = i < fields_.size() ? integer_of(fields_[i]) : std::nullopt;
    if (!value || *value < 0) refuse(fmt::format("has no {}", what), "whole numbers");
    return *value;
  }
  float number(size_t i) {
    const auto value = i < fields_.size() ? number_of(fields_[i]) : std::nullopt;
    if (!value) refuse("has no value", "a number");
    precision_.add(*value);
    return exact_float(*value, file_);
  }
  /// Of all numbers so far, in whatever columns.
  void check_precision() const { precision_.check(file_); }
  [[noreturn]] void refuse(const std::string& found, const std::string& expected) const {
    throw UserError(fmt::format("{}:{}: {}; expected {}, as Matrix Market files have", file_, at_, found, expected));
  }

 private:
  std::vector<std::string_view> lines_;
  std::string file_;
  std::vector<std::string> fields_;
  size_t at_ = 0;
  FloatPrecision precision_{static_cast<int64_t>(lines_.size()), 1};
};

struct Header {
  bool coordinate = false, pattern = false;
  int mirrored = 0;  // 1 symmetric, -1 skew-symmetric
};

Header header_of(Reader& in) {
  if (!in.next() || in.fields().size() != 5) in.refuse("does not begin as one", "%%MatrixMarket and four words");
  std::vector<std::string> words = in.fields();
  for (std::string& word : words)
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto one_of = [&](size_t i, std::initializer_list<const char*> choices) {
    if (std::find(choices.begin(), choices.end(), words[i]) == choices.end())
      in.refuse("says '" + words[i] + "'", fmt::format("{}", fmt::join(choices, " or ")));
  };
  one_of(0, {"%%matrixmarket", "%matrixmarket"});  // some writers leave out the second sign
  one_of(1, {"matrix"});
  one_of(2, {"coordinate", "array"});
  one_of(3, {"real", "integer", "pattern"});
  one_of(4, {"general", "symmetric", "skew-symmetric"});
  const Header header{words[2] == "coordinate", words[3] == "pattern",
                      words[4] == "symmetric"        ? 1
                      : words[4] == "skew-symmetric" ? -1
                                                     : 0};
  if (!header.coordinate && header.pattern) in.refuse("is an array of a pattern", "values in an array");
  return header;
}

class Filled {
 public:
  Filled(int64_t rows, int64_t columns, bool turned, const Reader& in)
      : array(turned ? zeros(columns, rows, in.lines(), in.file()) : zeros(rows, columns, in.lines(), in.file())),
        turned_(turned) {}
  void add(int64_t row, int64_t column, float value) {
    const int64_t at = turned_ ? column * array.shape[1] + row : row * array.shape[1] + column;
    std::get<std::vector<float>>(array.values)[static_cast<size_t>(at)] += value;
  }
  Array array;

 private:
  bool turned_;
};

void read_coordinates(Reader& in, const Header& header, int64_t rows, int64_t columns, int64_t entries, Filled& to) {
  for (int64_t i = 0; i < entries; ++i) {
    if (!in.next()) in.refuse(fmt::format("ends after {} of {} entries (truncated)", i, entries), "all of them");
    const int64_t row = in.integer(0, "row"), column = in.integer(1, "column");
    if (row < 1 || row > rows || column < 1 || column > columns)
      in.refuse(fmt::format("names the place ({}, {})", row, column), fmt::format("1 to {}, 1 to {}", rows, columns));
    const float value = header.pattern ? 1.0F : in.number(2);
    to.add(row - 1, column - 1, value);
    if (header.mirrored != 0 && row != column) to.add(column - 1, row - 1, static_cast<float>(header.mirrored) * value);
  }
}

// By columns; of a symmetric matrix only the lower triangle is there, of a skew-symmetric one not even its diagonal.
void read_array(Reader& in, const Header& header, int64_t rows, int64_t columns, Filled& to) {
  for (int64_t column = 0; column < columns; ++column) {
    const int64_t first = header.mirrored == 0 ? 0 : header.mirrored > 0 ? column : column + 1;
    for (int64_t row = first; row < rows; ++row) {
      if (!in.next()) in.refuse("ends before its last value (truncated)", fmt::format("{} x {}", rows, columns));
      to.add(row, column, in.number(0));
      if (header.mirrored != 0 && row != column)
        to.add(column, row, static_cast<float>(header.mirrored) * in.number(0));
    }
  }
}

}  // namespace

Array parse_matrix_market(std::span<const std::byte> bytes, const std::filesystem::path& file, bool columns_are_data) {
  Reader in(bytes, file);
  const Header header = header_of(in);
  if (!in.next()) in.refuse("ends before its sizes", "rows and columns");
  const int64_t rows = in.integer(0, "number of rows"), columns = in.integer(1, "number of columns");
  const int64_t entries = header.coordinate ? in.integer(2, "number of entries") : 0;
  if (header.mirrored != 0 && rows != columns) in.refuse(fmt::format("is {} x {}", rows, columns), "a square matrix");
  if (entries > static_cast<int64_t>(in.lines()))
    in.refuse(fmt::format("promises {} entries on {} lines (truncated)", entries, in.lines()), "a line for each");
  Filled filled(rows, columns, columns_are_data, in);
  if (header.coordinate) read_coordinates(in, header, rows, columns, entries, filled);
  else read_array(in, header, rows, columns, filled);
  if (in.next()) in.refuse("goes on after its last entry", "nothing more");
  in.check_precision();
  return std::move(filled.array);
}

namespace readers {

constinit const Format mtx{
    .name = "mtx",
    .extensions = ".mtx",
    .parse = [](Bytes bytes, const Request& r) { return parse_matrix_market(bytes, r.path, false); },
    .advice = [](const Part&) -> std::string {
      return "if its columns are the data, as 10x Genomics writes them: --format 10x";
    },
    .holds_counts = true};

}  // namespace readers
}  // namespace elbo::host::formats
