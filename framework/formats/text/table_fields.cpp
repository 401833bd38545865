#include "formats/text/table_fields.hpp"

#include <algorithm>

#include <elbo/error.hpp>

#include "formats/decoded_file.hpp"
#include "formats/text/field_values.hpp"
#include "formats/text/text_fields.hpp"

namespace elbo::host::formats {
namespace {

bool are_among(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::all_of(some.begin(), some.end(),
                     [&](const std::string& one) { return std::find(all.begin(), all.end(), one) != all.end(); });
}

/// Few rows do not show that the first line has names.
void take_header_of(const std::vector<std::string>& columns, TextTable& table) {
  if (!table.header.empty()) return;
  std::vector<std::string> first = fields_of(table.rows[0], table.delimiter);
  if (first.size() != table.columns || !are_among(first, columns)) return;
  table.header = std::move(first);
  table.rows.erase(table.rows.begin());
  table.lines.erase(table.lines.begin());
}

size_t place_of(const std::string& column, size_t i, size_t count, const TextTable& table) {
  const auto named = std::find(table.header.begin(), table.header.end(), column);
  if (named != table.header.end()) return static_cast<size_t>(named - table.header.begin());
  if (table.columns == count) return i;
  const auto number = integer_of(column);
  if (number && *number >= 1 && *number <= static_cast<int64_t>(table.columns)) return static_cast<size_t>(*number - 1);
  throw UserError(table.file + ": has no column " + column + "; expected the columns of the run's data");
}

bool has_commas(const TextTable& table, size_t place) {
  if (table.delimiter == ',') return false;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const std::string field = table.fields(row)[place];
    if (with_decimal_comma(field) && !plain_number(field)) return true;
  }
  return false;
}

std::string quoted_if_needed(const std::string& field, char delimiter) {
  const bool has_edges = !field.empty() && (field.front() == ' ' || field.back() == ' ');
  if (!has_edges && field.find_first_of(std::string("\"\r\n") + delimiter) == std::string::npos) return field;
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

}  // namespace

std::string TableFields::header() const { return table.header.empty() ? "" : line(table.header); }

std::string TableFields::line(const std::vector<std::string>& fields) const {
  std::string text;
  for (size_t i = 0; i < fields.size(); ++i)
    text += (i ? std::string(1, delimiter()) : "") + quoted_if_needed(fields[i], delimiter());
  return text + "\n";
}

TableFields fields_of_table(const std::filesystem::path& file, const std::vector<std::string>& columns) {
  TableFields fields{.bytes = decoded_bytes(file), .table = {.file = file.string()}};
  fields.table = read_text_table(fields.bytes, file);
  take_header_of(columns, fields.table);
  for (size_t i = 0; i < columns.size(); ++i) {
    fields.places.push_back(place_of(columns[i], i, columns.size(), fields.table));
    fields.has_decimal_comma = fields.has_decimal_comma || has_commas(fields.table, fields.places.back());
  }
  return fields;
}

}  // namespace elbo::host::formats
