#include "report/results/setting_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "plan/run.hpp"

namespace elbo::host::report {
using Json = nlohmann::ordered_json;
namespace {

const std::set<std::string> untold = {"experiment", "description",      "variant",     "sweep", "seed",
                                      "id",         "data_fingerprint", "data_record", "log",   "objective_facts"};
const std::set<std::string> untold_anywhere = {"path", "sha256"};

struct Settings {
  std::vector<std::string> order;
  std::map<std::string, Json> values;

  Json at(const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? Json() : found->second;
  }
};

void flatten(const Json& node, const std::string& prefix, Settings& into) {
  for (const auto& [name, value] : node.items()) {
    const bool told = prefix.empty() ? !untold.contains(name) : !untold_anywhere.contains(name);
    if (!told) continue;
    // A plugin's options stand beside its name, as in an experiment file.
    std::string place = prefix;
    if (prefix.empty()) place = section_title(name);
    else if (name != "settings") place += "." + name;
    if (value.is_object()) flatten(value, place, into);
    else if (into.values.emplace(place, value).second) into.order.push_back(place);
  }
}

/// Those in which the plans differ, in the order of the plans.
std::vector<std::string> names_that_differ(const std::vector<Settings>& all) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const Settings& settings : all)
    for (const std::string& name : settings.order)
      if (seen.insert(name).second) names.push_back(name);
  std::erase_if(names, [&](const std::string& name) {
    return std::all_of(all.begin(), all.end(), [&](const Settings& s) { return s.at(name) == all.front().at(name); });
  });
  return names;
}

Settings settings_in(const Json& plan) {
  Settings settings;
  if (plan.is_object()) flatten(plan, "", settings);  // a log may have none
  return settings;
}

std::vector<std::string> varied_in(const Json& plan) {
  return member_or(member_or(plan, "sweep", Json()), "keys", std::vector<std::string>());
}

/// Those in which the plans differ and those that are varied, in the order of the plans; one plan is flattened at a time, since there may be
/// 100,000.
std::vector<std::string> names_of_columns(const std::vector<Json>& plans) {
  Settings first;
  std::vector<std::string> order;
  std::set<std::string> seen, wanted;
  for (const Json& plan : plans) {
    Settings settings = settings_in(plan);
    if (&plan == &plans.front()) first = settings;
    for (const std::string& name : settings.order) {
      if (seen.insert(name).second) order.push_back(name);
      if (settings.at(name) != first.at(name)) wanted.insert(name);
    }
    for (const std::string& name : first.order)
      if (!settings.values.contains(name)) wanted.insert(name);
    for (const std::string& key : varied_in(plan))
      for (const std::string& name : settings.order)
        if (name == key || name.starts_with(key + ".")) wanted.insert(name);
  }
  std::erase_if(order, [&](const std::string& name) { return !wanted.contains(name); });
  return order;
}

/// Of values that are not null; integers among numbers are numbers.
SettingColumn::Type type_of(const std::vector<Json>& values) {
  const auto all = [&](auto is) {
    return std::all_of(values.begin(), values.end(), [&](const Json& value) { return value.is_null() || is(value); });
  };
  if (all([](const Json& value) { return value.is_boolean(); })) return SettingColumn::Type::boolean;
  if (all([](const Json& value) { return value.is_number_integer(); })) return SettingColumn::Type::integer;
  if (all([](const Json& value) { return value.is_number(); })) return SettingColumn::Type::number;
  return SettingColumn::Type::text;
}

std::string setting_text(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

Json settings_diff(const std::vector<std::pair<std::string, Json>>& plans) {
  std::vector<Settings> all;
  for (const auto& [variant, plan] : plans) all.push_back(settings_in(plan));
  const std::vector<std::string> names = names_that_differ(all);
  Json rows = Json::array();
  for (size_t i = 0; i < plans.size(); ++i) {
    Json values = Json::array();
    for (const std::string& name : names) values.push_back(all[i].at(name));
    rows.push_back({{"variant", plans[i].first}, {"values", values}});
  }
  return {{"settings", names}, {"rows", rows}};
}

std::string SettingColumn::text(size_t run) const { return setting_text(values[run]); }

std::vector<SettingColumn> setting_columns(const std::vector<Json>& plans) {
  std::vector<SettingColumn> columns;
  const auto names = names_of_columns(plans);
  for (const std::string& name : names) columns.push_back({.name = name, .values = {}});
  for (const Json& plan : plans) {
    const Settings settings = settings_in(plan);
    for (SettingColumn& column : columns) column.values.push_back(settings.at(column.name));
  }
  for (SettingColumn& column : columns) column.type = type_of(column.values);
  return columns;
}

std::string varied_settings(const Json& plan) {
  const Settings settings = settings_in(plan);
  std::vector<std::string> all;
  for (const std::string& key : varied_in(plan))
    if (const Json value = settings.at(key); !value.is_null()) all.push_back(key + " = " + setting_text(value));
  return join(all);
}

}  // namespace elbo::host::report
