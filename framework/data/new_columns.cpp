#include "data/new_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/audit/values.hpp"

namespace elbo::host::data {
namespace {

constexpr size_t most_named = 12;

std::string in_words(const Column& column) {
  switch (column.support) {
    case Support::binary:
      return "0 or 1";
    case Support::levels:
      return fmt::format("a whole number from 0 to {}", column.levels - 1);
    case Support::counts:
    case Support::simplex_counts:
      return "a count: 0, 1, 2, ...";
    case Support::unit_interval:
      return "a number from 0 to 1";
    case Support::positive:
      return "a number above 0";
    case Support::real:
    case Support::mixed:
      break;
  }
  return "a finite number";
}

/// The name of a code, where it has one.
std::string shown(const RunValues& before, const std::string& column, double value) {
  for (const formats::TableColumn& known : before.table)
    if (known.name == column && value >= 0 && value < static_cast<double>(known.levels.size()))
      return "'" + known.levels[static_cast<size_t>(value)] + "'";
  return fmt::format("{:g}", value);
}

}  // namespace

std::string some_of(const std::vector<std::string>& names) {
  if (names.size() <= most_named) return join(names);
  return fmt::format("{} and {} more", join({names.begin(), names.begin() + most_named}), names.size() - most_named);
}

void order_columns(Array& x, const std::vector<std::string>& wanted, const std::string& where,
                   std::vector<std::string>& notes) {
  if (x.columns.empty() || wanted.empty() || x.columns == wanted || x.shape.size() != 2) return;
  std::vector<int64_t> places;
  std::vector<std::string> missing;
  for (const std::string& name : wanted) {
    const auto found = std::find(x.columns.begin(), x.columns.end(), name);
    if (found == x.columns.end()) missing.push_back(name);
    else places.push_back(found - x.columns.begin());
  }
  if (!missing.empty())
    throw UserError(fmt::format("{}: has no column {}; expected the {} columns that the run was trained on", where,
                                some_of(missing), wanted.size()));
  if (const size_t others = x.columns.size() - wanted.size(); others > 0)
    notes.push_back(fmt::format("{} of its columns are none of the run's data and are left out", others));
  const auto from = static_cast<int64_t>(x.columns.size());
  std::visit(
      [&](auto& values) {
        std::decay_t<decltype(values)> chosen;
        for (int64_t row = 0; row < x.rows(); ++row)
          for (const int64_t place : places) chosen.push_back(values[static_cast<size_t>(row * from + place)]);
        values = std::move(chosen);
      },
      x.values);
  x.shape[1] = static_cast<int64_t>(wanted.size());
  x.columns = wanted;
}

void check_values(const Array& x, const RunValues& before, const std::vector<int64_t>& rows, const std::string& where) {
  const Description& d = before.description;
  const std::vector<std::string> names = column_names(d);
  const auto row = static_cast<size_t>(numel(d.shape));
  std::visit(
      [&](const auto& values) {
        for (size_t i = 0; i < values.size(); ++i) {
          const auto value = static_cast<float>(values[i]);
          const size_t j = i % row;
          const Column column = before.columns.empty() ? Column{"", d.support, d.levels} : before.columns[j];
          if (is_allowed(value, column.support, column.levels) || (d.masked && std::isnan(value))) continue;
          const std::string name = j < names.size() ? names[j] : "";
          throw UserError(
              fmt::format("{}: row {}{} holds {}; expected {}, as in the run's data; correct it, or leave the row out",
                          where, rows[i / row], name.empty() ? "" : ", column '" + name + "',",
                          shown(before, name, value), in_words(column)));
        }
      },
      x.values);
}

void say_what_is_beyond(const Array& x, const std::vector<formats::TableColumn>& columns,
                        std::vector<std::string>& notes) {
  const auto* values = std::get_if<std::vector<float>>(&x.values);
  if (!values) return;
  for (size_t j = 0; j < columns.size(); ++j) {
    int64_t beyond = 0;
    float example = 0;
    for (size_t i = j; i < values->size(); i += columns.size())
      if (const float value = (*values)[i]; value < columns[j].low || value > columns[j].high)
        ++beyond, example = value;
    if (beyond > 0 && columns[j].kind == "number")
      notes.push_back(
          fmt::format("column '{}': {} of {} rows lie beyond what the run's data have there, {:g} to "
                      "{:g}, as {:g}",
                      columns[j].name, beyond, x.rows(), columns[j].low + columns[j].origin,
                      columns[j].high + columns[j].origin, example + columns[j].origin));
  }
}

}  // namespace elbo::host::data
