#include "data/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/generators/generate.hpp"
#include "data/setting_fault.hpp"
#include "data/splits/row_keys.hpp"
#include "formats/format.hpp"
#include "formats/text/field_values.hpp"

namespace elbo::host::data {
namespace {

using Rows = std::vector<int64_t>;
using Names = std::vector<std::string>;

constexpr const char* labels = "labels";

/// One thing that is given, as it is stored: the text of each row of each part.
struct Stored {
  std::string name;
  bool is_name = false;
  Names train, valid, test;
};

[[noreturn]] void refuse(const char* key, const std::string& text) { throw SettingFault(key, text); }

std::string said(const std::string& name) { return fmt::format("[dataset] condition has \"{}\"", name); }

bool is_listed(const Names& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool are_numbers(const Names& texts) {
  return std::all_of(texts.begin(), texts.end(),
                     [](const std::string& one) { return one.empty() || formats::plain_number(one).has_value(); });
}

Names texts_of(const RowKeys& keys, const std::string& part, const Rows& rows, const std::string& name) {
  if (rows.empty()) return {};
  const auto found = keys.codes.find(part);
  Names texts;
  for (const int64_t row : rows) {
    if (found == keys.codes.end() || row >= static_cast<int64_t>(found->second.size()))
      refuse("condition", fmt::format("{}: there is no value of it for row {} of the data; expected one for each row",
                                      said(name), row + 1));
    texts.push_back(keys.names[static_cast<size_t>(found->second[static_cast<size_t>(row)])]);
  }
  return texts;
}

std::string role_of(const DataConfig& config, size_t place) {
  const std::string& name = config.condition[place];
  return name == labels || name == config.labels ? labels : condition_role(place);
}

Stored stored_in_files(const Description& d, const DataConfig& config, size_t place, const SplitRows& rows) {
  const std::string& name = config.condition[place];
  if (is_listed(d.columns, name))
    refuse("condition", said(name) +
                            ", which is modelled, too, so that the model would be told what it is to predict; "
                            "expected a column that select leaves out; take it out of one of them");
  const RowKeys keys = for_key("condition", [&] { return read_keys(d, role_of(config, place)); });
  if (keys.empty())
    refuse("condition",
           fmt::format("{}: {} has no such labels or column beside the values; expected {}; correct it", said(name),
                       d.name, config.path.empty() ? "labels, of a data set that has them" : "one of its columns"));
  const std::string pool = d.shuffle ? "" : "train_";
  const auto* format = formats::find_format(d.format);
  const bool is_table = format && format->part_key == "columns";  // of which all fields are texts
  const bool are_codes = role_of(config, place) == labels || is_listed(config.condition_levels, name);
  return {.name = name,
          .is_name = are_codes || (keys.are_names && !is_table) || !are_numbers(keys.names),
          .train = texts_of(keys, pool, rows.train, name),
          .valid = texts_of(keys, d.valid > 0 ? "valid_" : pool, rows.valid, name),
          .test = texts_of(keys, d.shuffle ? "" : "test_", rows.test, name)};
}

/// Those that are known, each once.
std::set<std::string> different_in(const Names& texts) {
  std::set<std::string> different(texts.begin(), texts.end());
  different.erase("");
  return different;
}

void set_moments(const Names& texts, ConditionColumn& column) {
  double sum = 0, squares = 0, known = 0;
  const std::vector<double> values = values_of_texts(column, texts, column.may_be_unknown);
  for (const double value : values)
    if (!std::isnan(value)) sum += value, ++known;
  column.mean = sum / known;
  for (const double value : values)
    if (!std::isnan(value)) squares += std::pow(value - column.mean, 2);
  column.deviation = std::sqrt(squares / known);
}

ConditionColumn column_of(const Stored& stored, double unseen) {
  ConditionColumn column{.name = stored.name, .may_be_unknown = unseen > 0};
  const std::set<std::string> different = different_in(stored.train);
  if (different.size() < 2)
    refuse("condition",
           fmt::format("{}: all training data have the same value of it, '{}'; expected at least two; leave it out",
                       said(stored.name), different.empty() ? "" : *different.begin()));
  if (stored.is_name) {
    if (different.size() == stored.train.size())
      refuse("condition",
             fmt::format("{}: each of the {} training rows has a name of its own; expected names that several rows "
                         "share; leave it out",
                         said(stored.name), different.size()));
    column.levels.assign(different.begin(), different.end());
    sort_names(column.levels);
    return column;
  }
  set_moments(stored.train, column);
  return column;
}

/// Of the held-out data.
void look_for_unseen(const ConditionColumn& column, const Names& texts, const std::vector<double>& values,
                     const char* part, double unseen, Names& notes) {
  std::set<std::string> names;
  int64_t rows = 0;
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] < 0 && !column.levels.empty() && !texts[i].empty()) names.insert(texts[i]), ++rows;
  if (names.empty()) return;
  const std::string first =
      fmt::format("'{}'{}", *names.begin(), names.size() > 1 ? fmt::format(" and {} more", names.size() - 1) : "");
  if (unseen <= 0)
    refuse("condition",
           fmt::format("{}: {} of the {} data {} {}, which no training data have; expected levels that the model has "
                       "seen; stratify by it, leave these rows out, or set unseen = 0.1, so that the model learns of "
                       "data of which it is not known",
                       said(column.name), rows, part, rows > 1 ? "have" : "has", first));
  notes.push_back(
      fmt::format("condition '{}': {} of the {} data {} {}, which no training data have, and {} scored as "
                  "data of which it is not known",
                  column.name, rows, part, rows > 1 ? "have" : "has", first, rows > 1 ? "are" : "is"));
}

void look_for_missing(const Stored& stored, double unseen, Names& notes) {
  int64_t missing = 0, all = 0;
  for (const Names* texts : {&stored.train, &stored.valid, &stored.test}) {
    missing += std::count(texts->begin(), texts->end(), "");
    all += static_cast<int64_t>(texts->size());
  }
  if (missing == 0) return;
  if (unseen <= 0)
    refuse(
        "condition",
        fmt::format("{}: {} of {} rows have no value of it; expected one each; leave these rows out, or set unseen = "
                    "0.1, so that the model learns of data of which it is not known",
                    said(stored.name), missing, all));
  notes.push_back(
      fmt::format("condition '{}': {} of {} rows have no value of it, and count as data of which it is not "
                  "known",
                  stored.name, missing, all));
}

void add(const Stored& stored, const DataConfig& config, Condition& c) {
  look_for_missing(stored, config.unseen, c.notes);
  const ConditionColumn column = column_of(stored, config.unseen);
  constexpr double as_unknown = 1;  // levels that the training data lack are looked for below
  c.train.push_back(values_of_texts(column, stored.train, as_unknown));
  c.valid.push_back(values_of_texts(column, stored.valid, as_unknown));
  c.test.push_back(values_of_texts(column, stored.test, as_unknown));
  look_for_unseen(column, stored.valid, c.valid.back(), "validation", config.unseen, c.notes);
  look_for_unseen(column, stored.test, c.test.back(), "test", config.unseen, c.notes);
  const std::set<std::string> different = different_in(stored.train);
  constexpr size_t few = 12;
  const bool are_whole = std::all_of(stored.train.begin(), stored.train.end(), [](const std::string& text) {
    return text.find_first_not_of("-0123456789") == std::string::npos;
  });
  if (column.levels.empty() && are_whole && different.size() <= few && different.size() > 2)
    c.notes.push_back(
        fmt::format("condition '{}' has {} whole numbers and is given as a number; if they are codes, "
                    "condition_levels = [\"{}\"] gives each a level of its own",
                    column.name, different.size(), column.name));
  c.columns.push_back(column);
}

void check_names(const DataConfig& config) {
  for (size_t i = 0; i < config.condition.size(); ++i)
    if (std::count(config.condition.begin(), config.condition.end(), config.condition[i]) > 1)
      refuse("condition", said(config.condition[i]) + " twice; expected each once; take one out");
  for (const std::string& name : config.condition_levels)
    if (!is_listed(config.condition, name))
      refuse("condition_levels", fmt::format("[dataset] condition_levels has \"{}\", which condition lacks; expected "
                                             "names out of condition; correct it",
                                             name));
}

}  // namespace

Condition condition_of(const Description& d, const DataConfig& config, const SplitRows& rows) {
  check_names(config);
  Condition c;
  for (size_t i = 0; i < config.condition.size(); ++i) add(stored_in_files(d, config, i, rows), config, c);
  return c;
}

void check_generated_condition(const Description& d, const DataConfig& config) {
  const Names factors = generated_factors(d.generator);
  for (const std::string& name : config.condition)
    if (name != labels && !is_listed(factors, name))
      refuse("condition", fmt::format("{}: {} has no such factor; expected {}; correct it", said(name), d.name,
                                      factors.empty() ? "data that have some" : "one of " + join(factors)));
}

Condition generated_condition(const Dataset& dataset, const DataConfig& config) {
  check_names(config);
  Condition c;
  for (const std::string& name : config.condition) {
    const auto found = std::find(dataset.factor_names.begin(), dataset.factor_names.end(), name);
    const bool is_label = name == labels && !dataset.train.labels.empty();
    if (found == dataset.factor_names.end() && !is_label)
      refuse("condition", fmt::format("{}: {} has no such factor; expected {}; correct it", said(name), dataset.name,
                                      dataset.factor_names.empty() ? "data that have some"
                                                                   : "one of " + join(dataset.factor_names)));
    const auto texts = [&](const Split& split) {
      const size_t place = static_cast<size_t>(found - dataset.factor_names.begin());
      Names all;
      if (split.x.rows() > 0)
        for (const int64_t code : is_label ? split.labels : split.factors.at(place))
          all.push_back(std::to_string(code));
      return all;
    };
    add({name, true, texts(dataset.train), texts(dataset.valid), texts(dataset.test)}, config, c);
  }
  return c;
}

}  // namespace elbo::host::data
