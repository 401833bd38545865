#include "plan/plan.hpp"

#include <map>
#include <optional>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "experiment/check.hpp"
#include "plan/resolve.hpp"

namespace elbo {
namespace {

using experiment::Experiment;
using experiment::Faults;

/// Two variants that come to the same runs are a mistake that no message at training time would show.
void check_ids(const Experiment& experiment, const std::vector<Run>& runs, Faults& faults) {
  std::map<std::string, const Run*> first;
  for (const Run& run : runs) {
    const auto [at, is_new] = first.emplace(run.id(), &run);
    if (!is_new)
      faults.add(experiment.file.string() + ": variants '" + at->second->variant + "' and '" + run.variant +
                 "' are the same run with seed " + std::to_string(run.seed) +
                 "; expected variants that differ; remove one or change a setting");
  }
}

}  // namespace

Plan make_plan(const Experiment& experiment, const DescribePlugin& describe, const ListLikelihoods& likelihoods) {
  Faults faults;
  Resolver resolver(describe, likelihoods, faults);
  Plan plan{experiment.name, experiment.description, experiment.toml, {}};
  for (const experiment::Variant& variant : experiment.variants) {
    Run run = resolver.run_of(variant.settings);
    run.experiment = experiment.name;
    run.description = experiment.description;
    run.variant = variant.name;
    for (const int64_t seed : experiment.seeds) {
      run.seed = seed;
      plan.runs.push_back(run);
    }
  }
  faults.raise();
  check_ids(experiment, plan.runs, faults);
  faults.raise();
  return plan;
}

Plan make_plan(const Experiment& experiment, plugins::Registry& registry) {
  return make_plan(experiment,
                   [&](const std::string& kind, const std::string& name, const std::filesystem::path& path) {
                     return registry.describe(registry.find(kind, name, path));
                   },
                   likelihoods_of(registry));
}

}  // namespace elbo
