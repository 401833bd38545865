#include "report/settings_diff.hpp"

#include <algorithm>
#include <set>

#include "plan/parts.hpp"

namespace elbo::report {
using Json = nlohmann::ordered_json;
namespace {

const std::set<std::string> untold = {"experiment", "description",      "variant",     "sweep", "seed",
                                      "id",         "data_fingerprint", "data_record", "log",   "objective_facts"};
const std::set<std::string> untold_anywhere = {"path", "sha256"};

using Settings = std::vector<std::pair<std::string, Json>>;

void flatten(const Json& node, const std::string& prefix, Settings& into) {
  for (const auto& [name, value] : node.items()) {
    const bool told = prefix.empty() ? !untold.contains(name) : !untold_anywhere.contains(name);
    if (!told) continue;
    // A plugin's options stand beside its name, as in an experiment file.
    std::string place = prefix;
    if (prefix.empty()) place = section_title(name);
    else if (name != "settings") place += "." + name;
    if (value.is_object()) flatten(value, place, into);
    else into.emplace_back(place, value);
  }
}

Json find(const Settings& settings, const std::string& name) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const auto& s) { return s.first == name; });
  return found == settings.end() ? Json() : found->second;
}

}  // namespace

Json settings_diff(const std::vector<std::pair<std::string, Json>>& plans) {
  std::vector<Settings> all;
  std::vector<std::string> names;
  for (const auto& [variant, plan] : plans) {
    flatten(plan, "", all.emplace_back());
    for (const auto& [name, value] : all.back())
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::erase_if(names, [&](const std::string& name) {
    return std::all_of(all.begin(), all.end(),
                       [&](const Settings& s) { return find(s, name) == find(all.front(), name); });
  });
  Json rows = Json::array();
  for (size_t i = 0; i < plans.size(); ++i) {
    Json values = Json::array();
    for (const std::string& name : names) values.push_back(find(all[i], name));
    rows.push_back({{"variant", plans[i].first}, {"values", values}});
  }
  return {{"settings", names}, {"rows", rows}};
}

}  // namespace elbo::report
