#include "plugins/objective_facts.hpp"

#include "plugins/printable.hpp"

namespace elbo::plugins {
using Json = nlohmann::ordered_json;

Json to_json(const ObjectiveFacts& facts) {
  Json terms = Json::array();
  for (const ObjectiveTerm& term : facts.terms)
    terms.push_back({{"name", term.name}, {"weight", term.weight}, {"formula", term.formula}});
  return {{"terms", terms},
          {"samples", facts.samples},
          {"has_posterior", facts.has_posterior},
          {"is_bound", facts.is_bound},
          {"remarks", facts.remarks}};
}

ObjectiveFacts objective_facts_from_json(const Json& json) {
  ObjectiveFacts facts;
  for (const Json& term : json.at("terms"))
    facts.terms.push_back({printable(term.at("name").get<std::string>()), term.at("weight").get<double>(),
                           printable(term.at("formula").get<std::string>())});
  json.at("samples").get_to(facts.samples);
  json.at("has_posterior").get_to(facts.has_posterior);
  json.at("is_bound").get_to(facts.is_bound);
  for (const Json& remark : json.at("remarks")) facts.remarks.push_back(printable(remark.get<std::string>()));
  return facts;
}

std::vector<ObjectiveAnswer> ask_objectives(std::span<const PluginQuestion> questions) {
  constexpr Topic topic{"objective", "objective", "objectives", 1, "what it says of itself cannot be used"};
  std::vector<ObjectiveAnswer> answers;
  for (const Json& answer :
       ask_and_keep(topic, questions, [](const Json& json) { return to_json(objective_facts_from_json(json)); })) {
    if (answer.contains("error")) answers.push_back({{}, answer.at("error").get<std::string>()});
    else answers.push_back({objective_facts_from_json(answer), ""});
  }
  return answers;
}

}  // namespace elbo::plugins
