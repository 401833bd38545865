#include "plan/plan.hpp"

#include <fmt/format.h>

#include <map>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "experiment/check.hpp"
#include "plan/contradictions.hpp"
#include "plan/duplicates.hpp"
#include "plan/resolve.hpp"

namespace elbo {
namespace {

using experiment::Experiment;
using experiment::Faults;

struct Resolved {
  const experiment::Variant* variant;
  Run run;
};

/// Two variants that come to the same result are a mistake that no message at training time would show.
void check_that_they_differ(const std::vector<Resolved>& variants, Resolver& resolver, Faults& faults) {
  std::map<std::string, const Resolved*> first;
  for (const Resolved& one : variants) {
    const auto [at, is_new] = first.emplace(effective_settings(one.run, resolver.sizes_of(one.run.data)).dump(), &one);
    if (is_new) continue;
    const auto idle = differences(at->second->run, one.run);
    faults.add(one.variant->where, fmt::format("variants '{}' and '{}' would be the same run{}; expected variants that differ; remove one or change a "
                                               "setting that has an effect",
                                               at->second->variant->name, one.variant->name,
                                               idle.empty() ? "" : ": they differ in " + join(idle) + ", which has no effect on their results"));
  }
}

experiment::Where where_of(const experiment::Variant& variant, const std::string& section) {
  const experiment::Node* node = variant.settings.find(section);
  return node ? node->where : variant.where;
}

/// All are asked at once, since a start of the worker takes half a second.
void ask_what_they_climb(std::vector<Resolved>& variants, const AskObjectives& objectives, Faults& faults) {
  std::vector<plugins::ObjectiveQuestion> questions;
  for (const Resolved& one : variants) questions.push_back({one.run.objective.name, one.run.objective.path, one.run.objective.sha256, one.run.objective.settings});
  const auto answers = objectives(questions);
  for (size_t i = 0; i < variants.size(); ++i) {
    if (answers[i].fault.empty()) variants[i].run.objective_facts = answers[i].facts;
    else faults.add(where_of(*variants[i].variant, "objective"), answers[i].fault);
  }
}

void check_objectives(const std::vector<Resolved>& variants, Faults& faults) {
  for (const Resolved& one : variants)
    for (const auto& [section, sentence] : contradictions_with_objective(one.run)) faults.add(where_of(*one.variant, section), sentence);
}

}  // namespace

Plan make_plan(const Experiment& experiment, const DescribePlugin& describe, const ListLikelihoods& likelihoods, const AskObjectives& objectives) {
  Faults faults;
  Resolver resolver(describe, likelihoods, faults);
  std::vector<Resolved> variants;
  for (const experiment::Variant& variant : experiment.variants) {
    Run run = resolver.run_of(variant.settings);
    run.experiment = experiment.name;
    run.description = experiment.description;
    run.variant = variant.name;
    run.sweep = {variant.swept_from, variant.swept_keys};
    variants.push_back({&variant, std::move(run)});
  }
  faults.raise();
  if (objectives) ask_what_they_climb(variants, objectives, faults);
  check_objectives(variants, faults);
  faults.raise();
  check_that_they_differ(variants, resolver, faults);
  faults.raise();
  Plan plan{experiment.name, experiment.description, experiment.toml, {}};
  for (const Resolved& one : variants)
    for (const int64_t seed : experiment.seeds) {
      plan.runs.push_back(one.run);
      plan.runs.back().seed = seed;
    }
  return plan;
}

Plan make_plan(const Experiment& experiment, plugins::Registry& registry) {
  return make_plan(experiment,
                   [&](const std::string& kind, const std::string& name, const std::filesystem::path& path) {
                     return registry.describe(registry.find(kind, name, path));
                   },
                   likelihoods_of(registry), plugins::ask_objectives);
}

}  // namespace elbo
