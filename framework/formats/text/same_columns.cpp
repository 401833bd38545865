#include "formats/text/same_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "formats/text/column_values.hpp"
#include "formats/text/text_fields.hpp"
#include "formats/text/text_table.hpp"

namespace elbo::host::formats {
namespace {

using Names = std::vector<std::string>;
using Wanted = std::vector<const TableColumn*>;

constexpr size_t most_listed = 12;

/// "a, b, c and 12 more"
std::string listed(const Names& names) {
  if (names.size() <= most_listed) return join(names);
  return fmt::format("{} and {} more", join({names.begin(), names.begin() + most_listed}), names.size() - most_listed);
}

Names names_of(const Wanted& wanted) {
  Names names;
  for (const TableColumn* column : wanted) names.push_back(column->name);
  return names;
}

bool holds(const Names& all, const std::string& name) { return std::find(all.begin(), all.end(), name) != all.end(); }

bool holds_all(const Names& all, const Names& names) {
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) { return holds(all, name); });
}

/// Few rows do not show that the first line has names; that these names are known does.
void take_known_header(TextTable& table, const Names& wanted) {
  if (!table.header.empty()) return;
  Names first = fields_of(table.rows[0], table.delimiter);
  if (first.size() != table.columns || !holds_all(first, wanted)) return;
  table.header = std::move(first);
  table.rows.erase(table.rows.begin());
  table.lines.erase(table.lines.begin());
}

/// A run's data are known as such; of one data set the training data are the first part.
const char* data_before(const Request& request) { return request.is_part ? "the training data" : "the run's data"; }

[[noreturn]] void refuse_columns(const TextTable& table, const Names& wanted, const Request& request,
                                 const std::string& found) {
  throw UserError(fmt::format("{}: {}; expected the {} column{} of {}: {}; {}", table.file, found, wanted.size(),
                              wanted.size() == 1 ? "" : "s", data_before(request), listed(wanted),
                              table.header.empty() ? "write their names into its first line"
                                                   : "add what is missing, or give the columns these names"));
}

/// Where they lie in a table whose own names say nothing of it.
std::vector<size_t> places_by_number(TextTable& table, const Names& wanted, const Request& request) {
  std::vector<size_t> places;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto number = integer_of(wanted[i]);
    if (table.columns == wanted.size()) places.push_back(i);
    else if (number && *number >= 1 && *number <= static_cast<int64_t>(table.columns))
      places.push_back(static_cast<size_t>(*number - 1));
    else
      refuse_columns(table, wanted, request,
                     fmt::format("has {} columns{}", table.columns, table.header.empty() ? " and no names" : ""));
  }
  if (table.columns == wanted.size() && std::none_of(wanted.begin(), wanted.end(), integer_of))
    table.notes.push_back("has no line of names: its columns are taken in the order of the training data: " +
                          listed(wanted));
  return places;
}

std::vector<size_t> places_of(TextTable& table, const Names& wanted, const Request& request) {
  const bool are_numbers =
      std::all_of(wanted.begin(), wanted.end(), [](const auto& name) { return integer_of(name).has_value(); });
  if (table.header.empty() || (are_numbers && !holds_all(table.header, wanted)))
    return places_by_number(table, wanted, request);
  std::vector<size_t> places;
  Names missing;
  for (const std::string& name : wanted) {
    const auto found = std::find(table.header.begin(), table.header.end(), name);
    if (found == table.header.end()) missing.push_back(name);
    places.push_back(static_cast<size_t>(found - table.header.begin()));
  }
  if (missing.empty()) return places;
  const std::string near = missing.size() == 1 ? nearest(missing[0], table.header) : "";
  refuse_columns(table, wanted, request,
                 "has no column " + join(missing) + (near.empty() ? "" : ", but '" + near + "'"));
}

/// Other columns than those that were left out in training, too.
void say_what_is_left_out(TextTable& table, const std::vector<size_t>& places, const std::vector<TableColumn>& before) {
  Names others;
  for (size_t column = 0; column < table.columns; ++column) {
    const std::string name = table.name_of(column);
    const bool is_known =
        std::any_of(before.begin(), before.end(), [&](const TableColumn& known) { return known.name == name; });
    if (!is_known && std::find(places.begin(), places.end(), column) == places.end()) others.push_back(name);
  }
  if (!others.empty())
    table.notes.push_back(fmt::format("{} no column{} of the run's data and {} left out",
                                      listed(others) + (others.size() == 1 ? " is" : " are"),
                                      others.size() == 1 ? "" : "s", others.size() == 1 ? "is" : "are"));
}

std::string expected_in(const TableColumn& column, const Request& request) {
  const std::string data = data_before(request);
  if (!column.levels.empty()) return "one of the names that " + data + " have there: " + listed(column.levels);
  if (column.kind == "date") return "a date, written as in " + data;
  if (column.kind == "time") return "a time of the day, as 18:00";
  if (column.unit == "percent") return "a percentage, as 12.5%";
  return "a finite number";
}

/// A column of names takes every field of another part for a name: numbers alone are another column's.
void must_be_names_still(const TextTable& table, const TableColumn& before, const ColumnValues& values) {
  const auto is_measured = [](const std::string& level) { return number_of(level).has_value(); };
  if (before.kind != "category" || !values.are_plain_numbers() ||
      std::any_of(before.levels.begin(), before.levels.end(), is_measured))
    return;
  throw UserError(
      fmt::format("{}:{}: column '{}' holds numbers; expected names, as in the training data: {}; correct one of the "
                  "files, or leave the column out",
                  table.file, table.lines.front(), before.name, listed(before.levels)));
}

std::vector<ColumnValues> readers_for(const TextTable& table, const Wanted& wanted, const std::vector<size_t>& places,
                                      const Request& request) {
  std::vector<ColumnValues> readers(wanted.size(), ColumnValues(request.missing_values));
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const auto fields = table.fields(row);
    for (size_t i = 0; i < wanted.size(); ++i) readers[i].look(fields[places[i]], table.lines[row]);
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (request.is_part) must_be_names_still(table, *wanted[i], readers[i]);
    readers[i].decide_as(*wanted[i], table.delimiter != ',', request.is_part);
  }
  return readers;
}

/// The columns as they were, with what this table has in them.
std::vector<TableColumn> table_now(const Wanted& wanted, const std::vector<ColumnValues>& readers) {
  std::vector<TableColumn> table;
  for (size_t i = 0; i < wanted.size(); ++i) {
    table.push_back(*wanted[i]);
    table.back().levels = readers[i].levels();
    table.back().missing = readers[i].missing();
    table.back().distinct = readers[i].distinct();
  }
  return table;
}

Array values_as_before(const TextTable& table, const Wanted& wanted, const std::vector<size_t>& places,
                       const Request& request) {
  const std::vector<ColumnValues> readers = readers_for(table, wanted, places, request);
  std::vector<float> values;
  values.reserve(table.rows.size() * wanted.size());
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const auto fields = table.fields(row);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const std::string& field = fields[places[i]];
      const auto value = readers[i].value(field);
      if (!value || std::isinf(static_cast<float>(*value)))
        throw UserError(fmt::format("{}:{}: column '{}' holds '{}'; expected {}; correct it, or leave the row out",
                                    table.file, table.lines[row], wanted[i]->name, field,
                                    expected_in(*wanted[i], request)));
      values.push_back(static_cast<float>(*value));
    }
  }
  return {.shape = {static_cast<int64_t>(table.rows.size()), static_cast<int64_t>(wanted.size())},
          .values = std::move(values),
          .columns = names_of(wanted),
          .table = request.is_part ? table_now(wanted, readers) : std::vector<TableColumn>(),
          .notes = table.notes};
}

}  // namespace

Array columns_as_before(Bytes bytes, const Request& request) {
  Wanted wanted;
  for (const TableColumn& column : *request.as_before)
    if (column.left_out.empty()) wanted.push_back(&column);
  TextTable table = read_text_table(bytes, request.path);
  take_known_header(table, names_of(wanted));
  if (table.rows.empty()) throw UserError(table.file + ": holds names of columns and no rows; expected rows of values");
  const std::vector<size_t> places = places_of(table, names_of(wanted), request);
  if (!request.is_part) say_what_is_left_out(table, places, *request.as_before);
  return values_as_before(table, wanted, places, request);
}

}  // namespace elbo::host::formats
