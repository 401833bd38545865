// Tables in text: CSV, TSV, or separated by blanks (.amat). The delimiter and whether there is a header are found from the first
// lines; a line of counts before the data, as in scikit-learn's files, is checked and left out.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "format_files.hpp"
#include "formats/codes.hpp"
#include "formats/float_precision.hpp"
#include "formats/text_fields.hpp"

namespace elbo::formats {
namespace {

using Fields = std::vector<std::string>;

struct Table {
  std::string file;
  char delimiter = ',';
  Fields header;  // empty: none
  std::vector<std::string_view> rows;
  std::vector<size_t> line_numbers;
  size_t columns = 0;
};

char delimiter_of(std::string_view line) {
  for (const char candidate : {'\t', ',', ';'})
    if (line.find(candidate) != std::string_view::npos) return candidate;
  return ' ';
}

void drop_first(Table& table) {
  table.rows.erase(table.rows.begin());
  table.line_numbers.erase(table.line_numbers.begin());
}

// scikit-learn's files begin with "<rows>,<columns>,<names of classes>".
void take_count_line(Table& table) {
  const Fields first = fields_of(table.rows[0], table.delimiter);
  if (table.rows.size() < 2 || first.size() == table.columns || first.size() < 2) return;
  const auto rows = integer_of(first[0]), columns = integer_of(first[1]);
  const auto found = static_cast<int64_t>(table.columns);
  if (!rows || !columns || (*columns != found && *columns + 1 != found)) return;
  drop_first(table);
  const auto there = static_cast<int64_t>(table.rows.size());
  if (there != *rows && there != *rows + 1)  // a header may follow
    throw UserError(
        fmt::format("{}: its first line promises {} rows and there are {}; expected as many as it promises; "
                    "it is truncated or changed: copy it again",
                    table.file, *rows, there));
}

// A header has a name where the line below it has a number.
void take_header(Table& table) {
  if (table.rows.size() < 2) return;
  Fields first = fields_of(table.rows[0], table.delimiter);
  const Fields second = fields_of(table.rows[1], table.delimiter);
  bool named = false;
  for (size_t i = 0; i < std::min(first.size(), second.size()); ++i)
    named = named || (!number_of(first[i]) && number_of(second[i]));
  if (!named || first.size() != second.size()) return;
  table.header = std::move(first);
  drop_first(table);
}

Table table_of(Bytes bytes, const std::filesystem::path& file) {
  Table table{.file = file.string(), .delimiter = ',', .header = {}, .rows = {}, .line_numbers = {}, .columns = 0};
  const auto lines = lines_of(bytes);
  for (size_t i = 0; i < lines.size(); ++i)
    if (lines[i].find_first_not_of(" \t") != std::string_view::npos) {
      table.rows.push_back(lines[i]);
      table.line_numbers.push_back(i + 1);
    }
  if (table.rows.empty()) throw UserError(table.file + ": is empty; expected lines of numbers");
  table.delimiter = delimiter_of(table.rows.back());
  table.columns = fields_of(table.rows.back(), table.delimiter).size();
  take_count_line(table);
  take_header(table);
  return table;
}

size_t column_named(const Table& table, const std::string& name) {
  const auto found = std::find(table.header.begin(), table.header.end(), name);
  if (found != table.header.end()) return static_cast<size_t>(found - table.header.begin());
  const auto place = integer_of(name);
  if (place && *place >= 1 && *place <= static_cast<int64_t>(table.columns)) return static_cast<size_t>(*place - 1);
  throw UserError(fmt::format("{}: has no column '{}'; expected 1 to {}{}", table.file, name, table.columns,
                              table.header.empty() ? "" : " or a name" + suggestion(name, table.header)));
}

void add_chosen(const Table& table, const std::string& text, std::vector<size_t>& chosen) {
  const size_t dash = text.find('-', 1);
  const bool is_name = std::find(table.header.begin(), table.header.end(), text) != table.header.end();
  const auto from = integer_of(std::string_view(text).substr(0, dash));
  if (is_name || dash == std::string::npos || !from) return chosen.push_back(column_named(table, text));
  const size_t first = column_named(table, text.substr(0, dash)), last = column_named(table, text.substr(dash + 1));
  for (size_t column = first; column <= last; ++column) chosen.push_back(column);
}

/// Names of the header, places from 1 and ranges of them, separated by commas ("1-4, weight"); "!name" means all but that one;
/// empty means all.
std::vector<size_t> chosen_columns(const Table& table, const std::string& columns) {
  std::vector<size_t> chosen(table.columns);
  std::iota(chosen.begin(), chosen.end(), size_t{0});
  if (columns.empty()) return chosen;
  if (columns.starts_with('!')) {
    std::erase(chosen, column_named(table, columns.substr(1)));
  } else {
    chosen.clear();
    for (const std::string& text : fields_of(columns, ',')) add_chosen(table, text, chosen);
  }
  if (chosen.empty()) throw UserError(table.file + ": '" + columns + "' chooses no column; expected at least one");
  return chosen;
}

Fields row_of(const Table& table, size_t row) {
  Fields fields = fields_of(table.rows[row], table.delimiter);
  if (fields.size() != table.columns)
    throw UserError(fmt::format("{}:{}: has {} fields; expected {}, as in the last line", table.file,
                                table.line_numbers[row], fields.size(), table.columns));
  return fields;
}

double value_of(const Table& table, size_t row, size_t column, const std::string& field) {
  const auto value = number_of(field);
  if (value && std::isfinite(static_cast<float>(*value))) return *value;
  const bool named = !table.header.empty();
  const std::string name = named ? table.header[column] : std::to_string(column + 1);
  throw UserError(
      fmt::format("{}:{}: column {} holds '{}'; expected a finite number{}; leave the row out, or the column by "
                  "select = \"!{}\"",
                  table.file, table.line_numbers[row], named ? "'" + name + "'" : name, field,
                  value && std::isfinite(*value) ? " of at most 3.4e38, the largest 32-bit float" : "", name));
}

/// As the header has them, else the places from 1.
Fields names_of(const Table& table, const std::vector<size_t>& columns) {
  Fields names;
  for (const size_t column : columns)
    names.push_back(table.header.empty() ? std::to_string(column + 1) : table.header[column]);
  return names;
}

/// [rows, chosen columns]
Array numbers_of(const Table& table, const std::vector<size_t>& chosen) {
  std::vector<float> values;
  values.reserve(table.rows.size() * chosen.size());
  FloatPrecision precision(static_cast<int64_t>(table.rows.size()), static_cast<int64_t>(chosen.size()));
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const Fields fields = row_of(table, row);
    for (const size_t column : chosen) {
      const double value = value_of(table, row, column, fields[column]);
      precision.add(value);
      values.push_back(static_cast<float>(value));
    }
  }
  precision.check(table.file, names_of(table, chosen));
  Array x{.shape = {static_cast<int64_t>(table.rows.size()), static_cast<int64_t>(chosen.size())},
          .values = std::move(values)};
  if (!table.header.empty())
    for (const size_t column : chosen) x.columns.push_back(table.header[column]);
  return x;
}

/// [rows]: numbers as they are, names as codes in alphabetical order.
Array labels_of(const Table& table, size_t chosen) {
  Fields names;
  bool numbers = true;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    names.push_back(row_of(table, row)[chosen]);
    numbers = numbers && number_of(names.back());
  }
  if (!numbers) return coded(names);
  std::vector<float> values;
  for (size_t row = 0; row < names.size(); ++row)
    values.push_back(static_cast<float>(value_of(table, row, chosen, names[row])));
  return {.shape = {static_cast<int64_t>(names.size())}, .values = std::move(values)};
}

Array parse_csv(Bytes bytes, const Request& request) {
  const Table table = table_of(bytes, request.path);
  return request.labels ? labels_of(table, column_named(table, request.part))
                        : numbers_of(table, chosen_columns(table, request.part));
}

}  // namespace

namespace readers {

constinit const Format csv{
    .name = "csv", .extensions = ".csv .tsv .txt .data .amat", .parse = &parse_csv, .part_key = "columns"};

}  // namespace readers
}  // namespace elbo::formats
