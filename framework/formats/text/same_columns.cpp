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

[[noreturn]] void refuse_columns(const TextTable& table, const Names& wanted, const std::string& found) {
  throw UserError(fmt::format("{}: {}; expected the {} column{} that the run was trained on: {}; {}", table.file, found,
                              wanted.size(), wanted.size() == 1 ? "" : "s", listed(wanted),
                              table.header.empty() ? "write their names into its first line"
                                                   : "add what is missing, or give the columns these names"));
}

/// Where they lie in a table whose own names say nothing of it.
std::vector<size_t> places_by_number(TextTable& table, const Names& wanted) {
  std::vector<size_t> places;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto number = integer_of(wanted[i]);
    if (table.columns == wanted.size()) places.push_back(i);
    else if (number && *number >= 1 && *number <= static_cast<int64_t>(table.columns))
      places.push_back(static_cast<size_t>(*number - 1));
    else
      refuse_columns(table, wanted,
                     fmt::format("has {} columns{}", table.columns, table.header.empty() ? " and no names" : ""));
  }
  if (table.columns == wanted.size() && std::none_of(wanted.begin(), wanted.end(), integer_of))
    table.notes.push_back("has no line of names: its columns are taken in the order of the training data: " +
                          listed(wanted));
  return places;
}

std::vector<size_t> places_of(TextTable& table, const Names& wanted) {
  const bool are_numbers =
      std::all_of(wanted.begin(), wanted.end(), [](const auto& name) { return integer_of(name).has_value(); });
  if (table.header.empty() || (are_numbers && !holds_all(table.header, wanted))) return places_by_number(table, wanted);
  std::vector<size_t> places;
  Names missing;
  for (const std::string& name : wanted) {
    const auto found = std::find(table.header.begin(), table.header.end(), name);
    if (found == table.header.end()) missing.push_back(name);
    places.push_back(static_cast<size_t>(found - table.header.begin()));
  }
  if (missing.empty()) return places;
  const std::string near = missing.size() == 1 ? nearest(missing[0], table.header) : "";
  refuse_columns(table, wanted, "has no column " + join(missing) + (near.empty() ? "" : ", but '" + near + "'"));
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

std::string expected_in(const TableColumn& column) {
  if (!column.levels.empty()) return "one of the names that the run's data have there: " + listed(column.levels);
  if (column.kind == "date") return "a date, written as in the run's data";
  if (column.kind == "time") return "a time of the day, as 18:00";
  if (column.unit == "percent") return "a percentage, as 12.5%";
  return "a finite number";
}

std::vector<ColumnValues> readers_for(const TextTable& table, const Wanted& wanted, const std::vector<size_t>& places,
                                      const std::vector<std::string>& missing_values) {
  std::vector<ColumnValues> readers(wanted.size(), ColumnValues(missing_values));
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const auto fields = table.fields(row);
    for (size_t i = 0; i < wanted.size(); ++i) readers[i].look(fields[places[i]], table.lines[row]);
  }
  for (size_t i = 0; i < wanted.size(); ++i) readers[i].decide_as(*wanted[i], table.delimiter != ',');
  return readers;
}

Array values_as_before(const TextTable& table, const Wanted& wanted, const std::vector<size_t>& places,
                       const std::vector<std::string>& missing_values) {
  const std::vector<ColumnValues> readers = readers_for(table, wanted, places, missing_values);
  std::vector<float> values;
  values.reserve(table.rows.size() * wanted.size());
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const auto fields = table.fields(row);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const std::string& field = fields[places[i]];
      const auto value = readers[i].value(field);
      if (!value || std::isinf(static_cast<float>(*value)))
        throw UserError(fmt::format("{}:{}: column '{}' holds '{}'; expected {}; correct it, or leave the row out",
                                    table.file, table.lines[row], wanted[i]->name, field, expected_in(*wanted[i])));
      values.push_back(static_cast<float>(*value));
    }
  }
  return {.shape = {static_cast<int64_t>(table.rows.size()), static_cast<int64_t>(wanted.size())},
          .values = std::move(values),
          .columns = names_of(wanted),
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
  const std::vector<size_t> places = places_of(table, names_of(wanted));
  say_what_is_left_out(table, places, *request.as_before);
  return values_as_before(table, wanted, places, request.missing_values);
}

}  // namespace elbo::host::formats
