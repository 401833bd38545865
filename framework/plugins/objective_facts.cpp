#include "plugins/objective_facts.hpp"

#include <map>
#include <optional>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/value_json.hpp"
#include "plugins/ask.hpp"
#include "plugins/printable.hpp"

namespace elbo::plugins {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr int facts_format = 1;  // another one where other facts are asked for

fs::path facts_file(const ObjectiveQuestion& question) {
  const std::string key =
      question.sha256 + elbo::to_json(question.settings).dump() + ELBO_TORCH_VERSION + std::to_string(facts_format);
  return cache_folder() / "objectives" / (sha256(key) + ".json");
}

std::optional<ObjectiveFacts> cached_facts(const ObjectiveQuestion& question) {
  try {
    return objective_facts_from_json(Json::parse(read_file(facts_file(question))));
  } catch (const std::exception&) {
    return {};  // it is simply asked again
  }
}

void keep_facts(const ObjectiveQuestion& question, const ObjectiveFacts& facts) {
  try {
    fs::create_directories(facts_file(question).parent_path());
    write_atomically(facts_file(question), to_json(facts).dump(1) + "\n");
  } catch (const std::exception&) {
    // A home that cannot be written costs time at the next start, nothing else.
  }
}

ObjectiveAnswer understood_facts(const Json& answer, const ObjectiveQuestion& question) {
  if (answer.contains("error")) return {{}, printable(answer.at("error").get<std::string>())};
  try {
    const ObjectiveFacts facts = objective_facts_from_json(answer);
    keep_facts(question, facts);
    return {facts, ""};
  } catch (const std::exception& e) {
    return {{}, "objective:" + question.name + ": what it says of itself cannot be used: " + printable(e.what())};
  }
}

}  // namespace

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

std::vector<ObjectiveAnswer> ask_objectives(std::span<const ObjectiveQuestion> questions) {
  std::map<fs::path, ObjectiveAnswer> known;  // by the cache's file: the same question may come often
  std::vector<const ObjectiveQuestion*> open;
  std::vector<Question> words;
  for (const ObjectiveQuestion& question : questions) {
    const auto [at, is_new] = known.try_emplace(facts_file(question));
    if (!is_new) continue;
    if (const auto facts = cached_facts(question)) {
      at->second.facts = *facts;
      continue;
    }
    open.push_back(&question);
    words.push_back({"objective:" + question.name + " (" + question.path.string() + ")",
                     {question.path.string(), elbo::to_json(question.settings).dump()}});
  }
  const auto said = ask_worker("objective", words);
  for (size_t i = 0; i < open.size(); ++i) known[facts_file(*open[i])] = understood_facts(said[i], *open[i]);

  std::vector<ObjectiveAnswer> answers;
  for (const ObjectiveQuestion& question : questions) answers.push_back(known.at(facts_file(question)));
  return answers;
}

}  // namespace elbo::plugins
