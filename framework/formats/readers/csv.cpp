// Tables in text: CSV, TSV, or separated by blanks (.amat). Numbers, dates and flags become numbers, names become codes of categories, a missing
// value NaN; columns of text that hardly repeats, constants of text and row numbers without a name are left out.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "format_files.hpp"
#include "formats/float_precision.hpp"
#include "formats/text/column_values.hpp"
#include "formats/text/same_columns.hpp"
#include "formats/text/text_fields.hpp"
#include "formats/text/text_table.hpp"

namespace elbo::host::formats {
namespace {

using Fields = std::vector<std::string>;

size_t column_named(const TextTable& table, const std::string& name) {
  const auto found = std::find(table.header.begin(), table.header.end(), name);
  if (found != table.header.end() && !name.empty()) return static_cast<size_t>(found - table.header.begin());
  const auto place = integer_of(name);
  if (place && *place >= 1 && *place <= static_cast<int64_t>(table.columns)) return static_cast<size_t>(*place - 1);
  throw UserError(fmt::format("{}: has no column '{}'; expected 1 to {}{}", table.file, name, table.columns,
                              table.header.empty() ? "" : " or a name" + suggestion(name, table.header)));
}

void add_named(const TextTable& table, const std::string& text, std::vector<size_t>& named) {
  const size_t dash = text.find('-', 1);
  const bool is_name = std::find(table.header.begin(), table.header.end(), text) != table.header.end();
  const auto from = integer_of(std::string_view(text).substr(0, dash));
  if (is_name || dash == std::string::npos || !from) return named.push_back(column_named(table, text));
  const size_t first = column_named(table, text.substr(0, dash)), last = column_named(table, text.substr(dash + 1));
  for (size_t column = first; column <= last; ++column) named.push_back(column);
}

/// Which columns are wanted, in order.
struct Selection {
  std::vector<size_t> columns;
  bool is_explicit = false;  // they were named one by one
};

/// Names of the header, places from 1 and ranges of them, separated by commas ("1-4, weight"); behind "!" all but these; empty means all.
Selection selection_of(const TextTable& table, const std::string& text) {
  Selection selection{.columns = std::vector<size_t>(table.columns),
                      .is_explicit = !text.empty() && !text.starts_with('!')};
  std::iota(selection.columns.begin(), selection.columns.end(), size_t{0});
  if (text.empty()) return selection;
  std::vector<size_t> named;
  for (std::string name : fields_of(std::string_view(text).substr(text.starts_with('!') ? 1 : 0), ',')) {
    if (!selection.is_explicit && name.starts_with('!')) name.erase(0, 1);  // "!a, !b" is meant as "!a, b"
    add_named(table, name, named);
  }
  if (selection.is_explicit) selection.columns = std::move(named);
  else
    std::erase_if(selection.columns,
                  [&](size_t column) { return std::find(named.begin(), named.end(), column) != named.end(); });
  if (selection.columns.empty())
    throw UserError(table.file + ": '" + text + "' chooses no column; expected at least one");
  return selection;
}

std::vector<ColumnValues> looked_at(const TextTable& table, const std::vector<size_t>& columns,
                                    const std::vector<std::string>& missing_values) {
  std::vector<ColumnValues> found(columns.size(), ColumnValues(missing_values));
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const Fields fields = table.fields(row);
    for (size_t i = 0; i < columns.size(); ++i) found[i].look(fields[columns[i]], table.lines[row]);
  }
  return found;
}

bool has_decimal_comma(const TextTable& table) { return table.delimiter != ','; }

/// Without line ends and other control characters, which fields in quotes may hold.
std::string on_one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; }, ' ');
  return text;
}

/// Why a column that was not named is left out; nothing for one that is kept.
std::string why_left_out(const TextTable& table, size_t column, const ColumnValues& values) {
  const bool is_unnamed = !table.header.empty() && table.header[column].empty();
  const bool are_names = values.kind() == ColumnKind::category || values.kind() == ColumnKind::flag;
  if (values.present() == 0) return "no value";
  if (values.kind() == ColumnKind::text) return values.why_text();
  if (is_unnamed && values.counts_rows()) return "it has no name and counts the rows";
  if (are_names && values.is_constant()) return "always '" + on_one_line(values.levels()[0]) + "'";
  return "";
}

TableColumn described(const TextTable& table, size_t column, const ColumnValues& values) {
  const auto commonest = values.commonest();
  return {.name = table.name_of(column),
          .kind = std::string(name_of(values.kind())),
          .levels = values.levels(),
          .unit = values.unit(),
          .origin = values.origin(),
          .date_style = static_cast<size_t>(values.date_style()),
          .missing = values.missing(),
          .distinct = values.distinct(),
          .commonest = commonest ? commonest->first : "",
          .commonest_share = commonest ? commonest->second : 0};
}

[[noreturn]] void refuse_value(const TextTable& table, size_t row, size_t column, const std::string& field,
                               std::optional<double> value) {
  const std::string name = table.name_of(column);
  throw UserError(fmt::format(
      "{}:{}: column {} holds '{}'; expected a finite number{}; leave the row out, or the column by select = \"!{}\"",
      table.file, table.lines[row], table.header.empty() ? name : "'" + name + "'", field,
      value && std::isfinite(*value) ? " of at most 3.4e38, the largest 32-bit float" : "", name));
}

/// [rows, kept columns]
Array values_of(const TextTable& table, const std::vector<size_t>& kept, const std::vector<ColumnValues>& columns) {
  std::vector<float> values;
  values.reserve(table.rows.size() * kept.size());
  FloatPrecision precision(static_cast<int64_t>(table.rows.size()), static_cast<int64_t>(kept.size()));
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const Fields fields = table.fields(row);
    for (size_t i = 0; i < kept.size(); ++i) {
      const auto value = columns[i].value(fields[kept[i]]);
      if (!value || std::isinf(static_cast<float>(*value))) refuse_value(table, row, kept[i], fields[kept[i]], value);
      precision.add(*value);
      values.push_back(static_cast<float>(*value));
    }
  }
  Fields names;
  for (const size_t column : kept) names.push_back(table.name_of(column));
  precision.check(table.file, names);
  return {.shape = {static_cast<int64_t>(table.rows.size()), static_cast<int64_t>(kept.size())},
          .values = std::move(values),
          .columns = table.header.empty() && kept.size() == table.columns ? Fields() : std::move(names)};
}

/// Least and greatest value of each column, and whether all are whole.
void add_ranges(const Array& x, std::vector<TableColumn*> columns) {
  const auto& values = std::get<std::vector<float>>(x.values);
  std::vector<bool> is_seen(columns.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t j = i % columns.size();
    const double value = values[i];
    if (std::isnan(value)) continue;
    TableColumn& column = *columns[j];
    column.low = is_seen[j] ? std::min(column.low, value) : value;
    column.high = is_seen[j] ? std::max(column.high, value) : value;
    column.is_whole = column.is_whole && std::floor(value) == value;
    is_seen[j] = true;
  }
}

Array columns_of(const TextTable& table, const Selection& selection, const std::vector<std::string>& missing_values) {
  std::vector<ColumnValues> columns = looked_at(table, selection.columns, missing_values), kept_columns;
  std::vector<size_t> kept;
  std::vector<TableColumn> described_columns;
  for (size_t i = 0; i < columns.size(); ++i) {
    const size_t column = selection.columns[i];
    columns[i].decide(table.file, table.name_of(column), has_decimal_comma(table), false);
    if (selection.is_explicit && columns[i].kind() == ColumnKind::text)
      columns[i].decide(table.file, table.name_of(column), false, true);
    TableColumn one = described(table, column, columns[i]);
    if (!selection.is_explicit) one.left_out = why_left_out(table, column, columns[i]);
    if (one.left_out.empty()) {
      kept.push_back(column);
      kept_columns.push_back(columns[i]);
    }
    const bool is_trailing_delimiter = column + 1 == table.columns && !table.header.empty() &&
                                       table.header[column].empty() && columns[i].present() == 0;
    if (!is_trailing_delimiter) described_columns.push_back(std::move(one));
  }
  if (kept.empty() && table.rows.size() < 2)
    throw UserError(table.file + ": holds one line and no numbers; expected rows of values below the names of columns");
  if (kept.empty())
    throw UserError(table.file +
                    ": has no column of numbers or categories; expected at least one; name text columns in select to "
                    "have them as categories");
  Array x = values_of(table, kept, kept_columns);
  std::vector<TableColumn*> ranged;
  for (TableColumn& column : described_columns)
    if (column.left_out.empty()) ranged.push_back(&column);
  add_ranges(x, ranged);
  x.table = std::move(described_columns);
  x.notes = table.notes;
  return x;
}

[[noreturn]] void refuse_missing(const TextTable& table, size_t column, int64_t missing, const char* expected) {
  throw UserError(fmt::format(
      "{}: column '{}' has no value in {} of {} rows; expected {} each; leave these rows out, or take another "
      "column",
      table.file, table.name_of(column), missing, table.rows.size(), expected));
}

/// [rows]: fields as codes in alphabetical order.
Array texts_of(const TextTable& table, size_t column, const Request& request) {
  const ColumnValues values(request.missing_values);
  Fields texts;
  std::vector<size_t> missing;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    texts.push_back(table.fields(row)[column]);
    if (values.stands_for_missing(texts.back())) missing.push_back(row);
  }
  if (!missing.empty() && !request.may_be_missing)
    refuse_missing(table, column, static_cast<int64_t>(missing.size()), "one");
  Array codes = coded(texts);
  for (const size_t row : missing)
    std::get<std::vector<float>>(codes.values)[row] = std::numeric_limits<float>::quiet_NaN();
  return codes;
}

/// [rows]: numbers as they are, names as codes in alphabetical order.
Array labels_of(const TextTable& table, size_t column, const std::vector<std::string>& missing_values) {
  std::vector<ColumnValues> columns = looked_at(table, {column}, missing_values);
  columns[0].decide(table.file, table.name_of(column), has_decimal_comma(table), !columns[0].are_plain_numbers());
  if (columns[0].missing() > 0) refuse_missing(table, column, columns[0].missing(), "a label");
  Array labels = values_of(table, {column}, columns);
  labels.shape = {static_cast<int64_t>(table.rows.size())};
  labels.table = {described(table, column, columns[0])};
  return labels;
}

Array parse_csv(Bytes bytes, const Request& request) {
  if (request.as_before) return columns_as_before(bytes, request);
  const TextTable table = read_text_table(bytes, request.path);
  if (!request.labels) return columns_of(table, selection_of(table, request.part), request.missing_values);
  const size_t column = column_named(table, request.part);
  return request.as_text ? texts_of(table, column, request) : labels_of(table, column, request.missing_values);
}

}  // namespace

namespace readers {

constinit const Format csv{
    .name = "csv", .extensions = ".csv .tsv .txt .data .amat", .parse = &parse_csv, .part_key = "columns"};

}  // namespace readers
}  // namespace elbo::host::formats
