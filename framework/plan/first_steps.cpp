#include "plan/first_steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "experiment/check.hpp"
#include "plan/parts.hpp"
#include "plugins/ask.hpp"

namespace elbo {
namespace {

constexpr size_t most_tried = 200;  // each takes a tenth of a second

FirstSteps answer_of(const nlohmann::ordered_json& json) {
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  };
  return {text("digest"), text("fault"), text("error")};
}

/// The section that a sentence is about, as "encoder:mlp: ..." is about [encoder]; the variant where it names none.
experiment::Where place_of(const std::string& sentence, const experiment::Variant& variant) {
  const std::string kind = sentence.substr(0, sentence.find(':'));
  const experiment::Node* section = variant.settings.find(kind);
  return section ? section->where : variant.where;
}

}  // namespace

std::vector<FirstSteps> ask_first_steps(std::span<const Run> runs) {
  std::vector<plugins::Question> questions;
  for (const Run& run : runs) questions.push_back({run.title(), {to_json(run).dump()}});
  std::vector<FirstSteps> answers;
  for (const auto& json : plugins::ask_worker("first_steps", questions)) answers.push_back(answer_of(json));
  return answers;
}

std::vector<std::string> try_first_steps(const experiment::Experiment& experiment, const Plan& plan,
                                         const AskFirstSteps& ask) {
  std::vector<Run> runs;
  const size_t seeds = experiment.seeds.size(), tried = std::min(experiment.variants.size(), most_tried);
  for (size_t i = 0; i < tried; ++i) runs.push_back(plan.runs[i * seeds]);
  const auto answers = ask(runs);
  experiment::Faults faults;
  std::vector<std::string> untried;
  for (size_t i = 0; i < tried; ++i) {
    if (!answers[i].fault.empty()) faults.add(place_of(answers[i].fault, experiment.variants[i]), answers[i].fault);
    if (!answers[i].untried.empty())
      untried.push_back(
          fmt::format("the first steps of '{}' were not tried: {}", experiment.variants[i].name, answers[i].untried));
  }
  faults.raise();
  if (tried < experiment.variants.size())
    untried.push_back(
        fmt::format("the first steps of {} of {} variants were tried", tried, experiment.variants.size()));
  return untried;
}

}  // namespace elbo
