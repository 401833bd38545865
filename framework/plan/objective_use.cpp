#include "plan/objective_use.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "metrics/evaluation.hpp"

namespace elbo {
namespace {

using experiment::Entry;
using experiment::Faults;

const experiment::Table* table_of(const experiment::Variant& variant, const std::string& section) {
  const experiment::Node* node = variant.settings.find(section);
  return node ? std::get_if<experiment::Table>(&node->value) : nullptr;
}

/// What a file says of a key of a section, or nothing.
const Entry* entry_of(const experiment::Variant& variant, const std::string& section, const std::string& key) {
  const experiment::Table* table = table_of(variant, section);
  if (!table) return nullptr;
  const auto found = std::find_if(table->entries().begin(), table->entries().end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == table->entries().end() ? nullptr : &*found;
}

bool chose_objective_after(const experiment::Variant& variant, const Entry& given) {
  const Entry* plugin = entry_of(variant, "objective", "plugin");
  return plugin && plugin->layer > given.layer;
}

std::string without_effect(const std::string& key, const Entry& given, const Run& run) {
  return fmt::format(
      "{} is {}, which has no effect with objective.plugin = \"{}\", which has a point for a posterior; leave it out "
      "or choose another objective",
      key, to_string(given.node), run.objective.name);
}

/// Without a posterior log p(x) is not estimated.
void check_evidence(Resolved& one, Faults& faults) {
  const EvaluateConfig defaults;
  EvaluateConfig& evaluate = one.run.evaluate;
  const auto check = [&](const char* key, auto& value, const auto& fallback, const auto& none) {
    const Entry* given = entry_of(*one.variant, "evaluate", key);
    if (!given || value == none) return;
    if (chose_objective_after(*one.variant, *given)) value = fallback;
    else faults.add(given->node.where, without_effect(std::string("evaluate.") + key, *given, one.run));
  };
  check("importance_samples", evaluate.importance_samples, defaults.importance_samples, 0);
  check("evidence", evaluate.evidence, defaults.evidence, "importance");
  const bool has_images = std::any_of(evaluate.metrics.begin(), evaluate.metrics.end(), [](const std::string& metric) {
    const Evaluation* described = find_evaluation(metric);
    return described && described->uses_images && !described->needs_posterior;
  });
  if (!has_images) check("images", evaluate.images, defaults.images, 0);
}

/// Without a posterior nothing is held against the prior.
void check_prior(Resolved& one, Faults& faults) {
  const experiment::Table* table = table_of(*one.variant, "prior");
  if (!table) return;
  for (const Entry& given : table->entries())
    if (given.key != "plugin" && given.key != "path" && !chose_objective_after(*one.variant, given))
      faults.add(given.node.where, without_effect("prior." + given.key, given, one.run));
}

void check_metrics(const Resolved& one, Faults& faults) {
  const experiment::Node* evaluate = one.variant->settings.find("evaluate");
  for (const std::string& metric : one.run.evaluate.metrics)
    if (const Evaluation* described = find_evaluation(metric); described && described->needs_posterior)
      faults.add(evaluate ? evaluate->where : one.variant->where,
                 fmt::format("evaluate.metrics has \"{}\" with objective.plugin = \"{}\", which has a point for a "
                             "posterior, so there is no such number; leave it out or choose another objective",
                             metric, one.run.objective.name));
}

}  // namespace

void ask_objectives_of(std::vector<Resolved>& variants, const AskObjectives& objectives, Faults& faults) {
  std::vector<plugins::ObjectiveQuestion> questions;
  for (const auto& [variant, run] : variants)
    questions.push_back({run.objective.name, run.objective.path, run.objective.sha256, run.objective.settings});
  const auto answers = objectives(questions);
  for (size_t i = 0; i < variants.size(); ++i) {
    const experiment::Variant& variant = *variants[i].variant;
    const experiment::Node* section = variant.settings.find("objective");
    if (answers[i].fault.empty()) variants[i].run.objective_facts = answers[i].facts;
    else faults.add(section ? section->where : variant.where, answers[i].fault);
  }
}

void check_use_of_objectives(std::vector<Resolved>& variants, Faults& faults) {
  for (Resolved& one : variants) {
    if (one.run.objective_facts.has_posterior) continue;
    check_metrics(one, faults);
    check_evidence(one, faults);
    check_prior(one, faults);
  }
}

}  // namespace elbo
