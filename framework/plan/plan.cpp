#include "plan/plan.hpp"

#include <fmt/format.h>

#include <map>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "experiment/check.hpp"
#include "plan/duplicates.hpp"
#include "plan/resolve.hpp"
#include "plugins/ask.hpp"

namespace elbo {
namespace {

using experiment::Experiment;
using experiment::Faults;

struct Resolved {
  const experiment::Variant* variant;
  Run run;
};

/// Two variants that come to the same result are a mistake that no message at training time would show.
void check_that_they_differ(const std::vector<Resolved>& variants, Resolver& resolver, const HasClosedFormKl& has_closed_form_kl, Faults& faults) {
  const auto key_of = [&](const Run& run) { return effective_settings(run, resolver.sizes_of(run.data)).dump(); };
  const auto same = [&](const Resolved& one, const Resolved& other) {
    const auto idle = differences(one.run, other.run);
    faults.add(other.variant->where, fmt::format("variants '{}' and '{}' would be the same run{}; expected variants that differ; remove one or change a "
                                                 "setting that has an effect",
                                                 one.variant->name, other.variant->name,
                                                 idle.empty() ? "" : ": they differ in " + join(idle) + ", which has no effect on their results"));
  };
  std::map<std::string, const Resolved*> first;
  for (const Resolved& one : variants)
    if (const auto [at, is_new] = first.emplace(key_of(one.run), &one); !is_new) same(*at->second, one);
  for (const Resolved& one : variants) {
    if (one.run.objective.kl != "monte_carlo" || !has_closed_form_kl) continue;
    Run in_closed_form = one.run;
    in_closed_form.objective.kl = "analytic";
    const auto twin = first.find(key_of(in_closed_form));
    if (twin != first.end() && !has_closed_form_kl(one.run)) same(*twin->second, one);
  }
}

bool worker_says_closed_form_kl(const Run& run) {
  const plugins::Question question{run.encoder.kind + ":" + run.encoder.name + " with " + run.prior.kind + ":" + run.prior.name, {to_json(run).dump()}};
  const auto answer = plugins::ask_worker("closed_form_kl", {&question, 1}).front();
  return !answer.is_boolean() || answer.get<bool>();  // what cannot be told here, the run itself says
}

}  // namespace

Plan make_plan(const Experiment& experiment, const DescribePlugin& describe, const ListLikelihoods& likelihoods, const HasClosedFormKl& has_closed_form_kl) {
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
  check_that_they_differ(variants, resolver, has_closed_form_kl, faults);
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
                   likelihoods_of(registry), worker_says_closed_form_kl);
}

}  // namespace elbo
