#include "plugins/description_json.hpp"

#include <elbo/error.hpp>

#include "base/value_json.hpp"
#include "plugins/printable.hpp"

namespace elbo::host::plugins {
using Json = nlohmann::ordered_json;
namespace {

Option printable_option(const Json& json) {
  Option option = option_from_json(json);
  option.name = printable(option.name);
  option.doc = printable(option.doc);
  for (auto& need : option.needs)
    for (Requirement& r : need) r.key = printable(r.key);
  for (DefaultWith& d : option.defaults) d.key = printable(d.key);
  for (Limit& limit : option.limits) limit.key = printable(limit.key);
  return option;
}

void read_likelihood(const Json& json, PluginDescription& into) {
  into.contains_likelihoods = json.value("contains_likelihoods", false);
  if (into.contains_likelihoods) return;
  into.support = support_named(json.at("support").get<std::string>());
  if (!into.support) throw Error("its support is not known");
  into.has_interval_log_prob = json.at("has_interval_log_prob").get<bool>();
  for (const auto& [name, shape] : json.at("params").get<std::vector<std::pair<std::string, std::string>>>())
    into.params.emplace_back(printable(name), printable(shape));
}

}  // namespace

Json to_json(const PluginDescription& description) {
  Json json = {{"kind", description.found.kind}, {"name", description.found.name}, {"options", Json::array()}};
  for (const Option& option : description.options) json["options"].push_back(elbo::host::to_json(option));
  if (description.contains_likelihoods) json["contains_likelihoods"] = true;
  if (description.objective) json["objective"] = to_json(*description.objective);
  if (!description.support) return json;
  json["support"] = to_string(*description.support);
  json["has_interval_log_prob"] = description.has_interval_log_prob;
  json["params"] = description.params;
  return json;
}

PluginDescription description_from_json(const Json& json, const FoundPlugin& found) {
  if (json.at("kind") != found.kind || json.at("name") != found.name) throw Error("it describes another plugin");
  PluginDescription description;
  description.found = found;
  for (const Json& option : json.at("options")) description.options.push_back(printable_option(option));
  if (found.kind == "likelihood") read_likelihood(json, description);
  if (json.contains("objective")) description.objective = objective_summary_from_json(json.at("objective"));
  return description;
}

}  // namespace elbo::host::plugins
