#include "plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "experiment/check.hpp"
#include "plan/contradictions.hpp"
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

/// Whether the objective estimates the KL by Monte Carlo. Objectives that can choose share the option `kl` (elbo::KlOptions).
bool has_sampled_kl(const Run& run) {
  return std::any_of(run.objective.settings.begin(), run.objective.settings.end(),
                     [](const Setting& s) { return s.name == "kl" && s.value == Value(std::string("monte_carlo")); });
}

/// Two variants that come to the same result are a mistake that no message at training time would show.
void check_that_they_differ(const std::vector<Resolved>& variants, Resolver& resolver,
                            const HasClosedFormKl& has_closed_form_kl, Faults& faults) {
  const auto key_of = [&](const Run& run) { return effective_settings(run, resolver.sizes_of(run.data)).dump(); };
  const auto same = [&](const Resolved& one, const Resolved& other) {
    const auto idle = differences(one.run, other.run);
    faults.add(
        other.variant->where,
        fmt::format(
            "variants '{}' and '{}' would be the same run{}; expected variants that differ; remove one or change a "
            "setting that has an effect",
            one.variant->name, other.variant->name,
            idle.empty() ? "" : ": they differ in " + join(idle) + ", which has no effect on their results"));
  };
  std::map<std::string, const Resolved*> first;
  for (const Resolved& one : variants)
    if (const auto [at, is_new] = first.emplace(key_of(one.run), &one); !is_new) same(*at->second, one);
  for (const Resolved& one : variants) {
    if (!has_closed_form_kl || !has_sampled_kl(one.run)) continue;
    Run in_closed_form = one.run;
    in_closed_form.objective = resolver.with(one.run.objective, {"kl", std::string("analytic")});
    const auto twin = first.find(key_of(in_closed_form));
    if (twin != first.end() && !has_closed_form_kl(one.run)) same(*twin->second, one);
  }
}

bool worker_says_closed_form_kl(const Run& run) {
  const plugins::Question question{
      run.encoder.kind + ":" + run.encoder.name + " with " + run.prior.kind + ":" + run.prior.name,
      {to_json(run).dump()}};
  const auto answer = plugins::ask_worker("closed_form_kl", {&question, 1}).front();
  return !answer.is_boolean() || answer.get<bool>();  // without an answer both variants are kept
}

experiment::Where where_of(const experiment::Variant& variant, const std::string& section) {
  const experiment::Node* node = variant.settings.find(section);
  return node ? node->where : variant.where;
}

/// All are asked at once, since a start of the worker takes half a second.
void ask_what_they_climb(std::vector<Resolved>& variants, const AskObjectives& objectives, Faults& faults) {
  std::vector<plugins::ObjectiveQuestion> questions;
  for (const Resolved& one : variants)
    questions.push_back(
        {one.run.objective.name, one.run.objective.path, one.run.objective.sha256, one.run.objective.settings});
  const auto answers = objectives(questions);
  for (size_t i = 0; i < variants.size(); ++i) {
    if (answers[i].fault.empty()) variants[i].run.objective_facts = answers[i].facts;
    else faults.add(where_of(*variants[i].variant, "objective"), answers[i].fault);
  }
}

/// What a file says of a key of a section, or nothing.
const experiment::Entry* entry_of(const experiment::Variant& variant, const std::string& section,
                                  const std::string& key) {
  const experiment::Node* node = variant.settings.find(section);
  const auto* table = node ? std::get_if<experiment::Table>(&node->value) : nullptr;
  if (!table) return nullptr;
  const auto found = std::find_if(table->entries().begin(), table->entries().end(),
                                  [&](const experiment::Entry& entry) { return entry.key == key; });
  return found == table->entries().end() ? nullptr : &*found;
}

/// Without a posterior there is no importance-weighted bound, so evaluate.importance_samples is a mistake. It is dropped instead where a
/// later layer (variant, sweep, --set) chose the objective.
void check_importance_samples(Resolved& one, Faults& faults) {
  const auto* given = entry_of(*one.variant, "evaluate", "importance_samples");
  if (one.run.objective_facts.has_posterior || !given || one.run.evaluate.importance_samples == 0) return;
  const auto* plugin = entry_of(*one.variant, "objective", "plugin");
  if (plugin && plugin->layer > given->layer) {
    one.run.evaluate.importance_samples = EvaluateConfig().importance_samples;
    return;
  }
  faults.add(given->node.where, fmt::format("evaluate.importance_samples is {}, which has no effect with "
                                            "objective.plugin = \"{}\", which has a point for a "
                                            "posterior; leave it out or choose another objective",
                                            one.run.evaluate.importance_samples, one.run.objective.name));
}

void check_objectives(std::vector<Resolved>& variants, Faults& faults) {
  for (Resolved& one : variants) {
    for (const auto& [section, sentence] : contradictions_with_objective(one.run))
      faults.add(where_of(*one.variant, section), sentence);
    check_importance_samples(one, faults);
  }
}

}  // namespace

Plan make_plan(const Experiment& experiment, const DescribePlugin& describe, const ListLikelihoods& likelihoods,
               const AskObjectives& objectives, const HasClosedFormKl& has_closed_form_kl) {
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
  return make_plan(
      experiment,
      [&](const std::string& kind, const std::string& name, const std::filesystem::path& path) {
        return registry.describe(registry.find(kind, name, path));
      },
      likelihoods_of(registry), plugins::ask_objectives, worker_says_closed_form_kl);
}

}  // namespace elbo
