#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "data/condition.hpp"
#include "data/new_columns.hpp"
#include "formats/text/field_values.hpp"

namespace elbo::host::data {
namespace {

double number_of(const std::string& text, const std::string& name) {
  if (const auto number = formats::plain_number(text); number && std::isfinite(*number)) return *number;
  throw UserError(fmt::format("condition '{}': has the value '{}'; expected a number, as in the training data", name,
                              text.substr(0, 40)));
}

double value_in(const ConditionColumn& column, const std::string& text) {
  if (column.levels.empty()) return text.empty() ? NAN : number_of(text, column.name);
  auto found = std::find(column.levels.begin(), column.levels.end(), text);
  if (const auto flag = formats::flag_of(text); flag && found == column.levels.end())  // "true" for "True"
    found = std::find_if(column.levels.begin(), column.levels.end(),
                         [&](const std::string& level) { return formats::flag_of(level) == flag; });
  return found == column.levels.end() ? -1 : static_cast<double>(found - column.levels.begin());
}

std::vector<double> values_in(const ConditionColumn& column, const std::vector<std::string>& texts) {
  std::map<std::string, double> known;  // rows are many, names few
  std::vector<double> values;
  for (const std::string& text : texts) {
    const auto [at, is_new] = known.try_emplace(text, 0);
    if (is_new) at->second = value_in(column, text);
    values.push_back(at->second);
  }
  return values;
}

}  // namespace

int64_t ConditionColumn::width() const {
  return levels.empty() ? may_be_unknown ? 2 : 1 : static_cast<int64_t>(levels.size());
}

void ConditionColumn::encode(double value, double* to) const {
  if (!levels.empty() && value >= 0) to[static_cast<size_t>(value)] = 1;
  if (!levels.empty() || std::isnan(value)) return;
  to[0] = (value - mean) / deviation;
  if (may_be_unknown) to[1] = 1;
}

void ConditionColumn::add_names(std::vector<std::string>& to) const {
  if (levels.empty()) to.push_back(name);
  if (levels.empty() && may_be_unknown) to.push_back(name + " is known");
  for (const std::string& level : levels) to.push_back(name + " is " + level);
}

std::string ConditionColumn::text_of(double value) const {
  if (levels.empty()) return std::isnan(value) ? "" : fmt::format("{:g}", value);
  return value < 0 ? "" : levels[static_cast<size_t>(value)];
}

bool is_unknown(const ConditionColumn& column, double value) {
  return std::isnan(value) || (!column.levels.empty() && value < 0);
}

size_t place_of_condition(const std::vector<ConditionColumn>& columns, const std::string& name) {
  std::vector<std::string> names;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
    names.push_back(columns[i].name);
  }
  if (names.empty())
    throw UserError(
        fmt::format("'{}': the run is one of p(x), of which nothing is given; expected a run with "
                    "dataset.condition; leave it out",
                    name));
  throw UserError(fmt::format("'{}' is not given in this run; expected one of {}", name, some_of(names)));
}

double named_value(const std::vector<ConditionColumn>& columns, const std::string& name, const std::string& text) {
  const ConditionColumn& column = columns[place_of_condition(columns, name)];
  return values_of_texts(column, {text}, text.empty() && column.may_be_unknown ? 1 : 0).at(0);
}

std::vector<double> values_of_texts(const ConditionColumn& column, const std::vector<std::string>& texts,
                                    double unseen) {
  std::vector<double> values = values_in(column, texts);
  if (column.levels.empty() || unseen > 0) return values;
  if (const auto unknown = std::find_if(values.begin(), values.end(), [](double value) { return value < 0; });
      unknown != values.end())
    throw UserError(fmt::format("condition '{}': has the value '{}', which the training data lack; expected one of {}",
                                column.name, texts[static_cast<size_t>(unknown - values.begin())].substr(0, 40),
                                some_of(column.levels)));
  return values;
}

std::string in_words(const std::vector<ConditionColumn>& columns) {
  std::vector<std::string> words;
  for (const ConditionColumn& column : columns)
    words.push_back(column.levels.empty() ? column.name
                                          : fmt::format("{} ({} levels, {})", column.name, column.levels.size(),
                                                        sha256(join(column.levels, "\n")).substr(0, 6)));
  return join(words);
}

}  // namespace elbo::host::data
