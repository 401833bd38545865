#include "plan/plan.hpp"

#include <fmt/format.h>

#include <map>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "experiment/check.hpp"
#include "plan/duplicates.hpp"
#include "plan/first_steps.hpp"
#include "plan/objective_use.hpp"
#include "plan/resolve.hpp"

namespace elbo {
namespace {

using experiment::Experiment;
using experiment::Faults;

void add_sameness(const Resolved& one, const Resolved& other, Faults& faults) {
  const auto idle = differences(one.run, other.run);
  faults.add(
      other.variant->where,
      fmt::format(
          "variants '{}' and '{}' would be the same run{}; expected variants that differ; remove one or change a "
          "setting that has an effect",
          one.variant->name, other.variant->name,
          idle.empty() ? "" : ": they differ in " + join(idle) + ", which has no effect on their results"));
}

/// Settings are compared first, since that asks no plugin.
void check_settings_differ(const std::vector<Resolved>& variants, Resolver& resolver, Faults& faults) {
  std::map<std::string, const Resolved*> first;
  for (const Resolved& one : variants) {
    const std::string settings = effective_settings(one.run, resolver.sizes_of(one.run.data)).dump();
    if (const auto [at, is_new] = first.emplace(settings, &one); !is_new) add_sameness(*at->second, one, faults);
  }
}

constexpr size_t most_tried_together =
    400;  // each takes a tenth of a second; what larger plans repeat is found after training

/// Variants that differ in options of their plugins alone may still come to the same numbers: the worker tries their first steps.
void check_steps_differ(const std::vector<Resolved>& variants, Resolver& resolver, const AskFirstSteps& first_steps,
                        Faults& faults) {
  std::map<std::string, std::vector<const Resolved*>> alike;
  for (const Resolved& one : variants)
    alike[settings_beside_options(one.run, resolver.sizes_of(one.run.data)).dump()].push_back(&one);
  std::vector<std::pair<std::string, const Resolved*>> tried;
  std::vector<Run> runs;
  for (const auto& [settings, group] : alike)
    for (const Resolved* one : group.size() > 1 ? group : std::vector<const Resolved*>()) {
      tried.emplace_back(settings, one);
      runs.push_back(one->run);
    }
  if (runs.empty() || runs.size() > most_tried_together) return;
  const auto answers = first_steps(runs);
  std::map<std::string, const Resolved*> first;
  for (size_t i = 0; i < tried.size(); ++i) {
    if (answers[i].digest.empty()) continue;  // without an answer both variants are kept
    const auto& [settings, one] = tried[i];
    if (const auto [at, is_new] = first.emplace(answers[i].digest + settings, one); !is_new)
      add_sameness(*at->second, *one, faults);
  }
}

}  // namespace

Plan make_plan(const Experiment& experiment, const DescribePlugin& describe, const ListLikelihoods& likelihoods,
               const AskObjectives& objectives, const AskFirstSteps& first_steps) {
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
  if (objectives) ask_objectives_of(variants, objectives, faults);
  check_use_of_objectives(variants, faults);
  faults.raise();
  check_settings_differ(variants, resolver, faults);
  faults.raise();
  if (first_steps) check_steps_differ(variants, resolver, first_steps, faults);
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
  return make_plan(
      experiment,
      [&](const std::string& kind, const std::string& name, const std::filesystem::path& path) {
        return registry.describe(registry.find(kind, name, path));
      },
      likelihoods_of(registry), plugins::ask_objectives, ask_first_steps);
}

}  // namespace elbo
