#include "plugins/description.hpp"

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

Json to_json(const ObjectiveSummary& summary) {
  Json terms = Json::array();
  for (const ObjectiveTerm& term : summary.terms)
    terms.push_back({{"name", term.name}, {"weight", term.weight}, {"formula", term.formula}});
  return {{"terms", terms},
          {"samples", summary.samples},
          {"has_posterior", summary.has_posterior},
          {"is_bound", summary.is_bound},
          {"remarks", summary.remarks}};
}

ObjectiveSummary objective_summary_from_json(const Json& json) {
  ObjectiveSummary summary;
  for (const Json& term : json.at("terms"))
    summary.terms.push_back({printable(term.at("name").get<std::string>()), term.at("weight").get<double>(),
                             printable(term.at("formula").get<std::string>())});
  json.at("samples").get_to(summary.samples);
  json.at("has_posterior").get_to(summary.has_posterior);
  json.at("is_bound").get_to(summary.is_bound);
  for (const Json& remark : json.at("remarks")) summary.remarks.push_back(printable(remark.get<std::string>()));
  return summary;
}

std::vector<ObjectiveAnswer> ask_objectives(std::span<const PluginQuestion> questions) {
  constexpr Topic topic{"objective", "objective", "objectives", 1, "what it says of itself cannot be used"};
  std::vector<ObjectiveAnswer> answers;
  for (const Json& answer :
       ask_and_keep(topic, questions, [](const Json& json) { return to_json(objective_summary_from_json(json)); })) {
    if (answer.contains("error")) answers.push_back({{}, answer.at("error").get<std::string>()});
    else answers.push_back({objective_summary_from_json(answer), ""});
  }
  return answers;
}

}  // namespace elbo::host::plugins
