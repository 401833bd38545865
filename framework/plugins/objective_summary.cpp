#include "plugins/objective_summary.hpp"

#include "plugins/printable.hpp"

namespace elbo::host::plugins {
using Json = nlohmann::ordered_json;

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
