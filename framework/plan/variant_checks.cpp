#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "experiment/applicability.hpp"
#include "metrics/evaluation.hpp"
#include "plan/run.hpp"
#include "plan/run_identity.hpp"
#include "plan/variant_checks.hpp"

namespace elbo::host {
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

/// Adds what differs below a title: "train.batch_size (600 and 700)". Options of plugins stand directly below the plugin.
void add_differences(const std::string& title, const nlohmann::json& a, const nlohmann::json& b,
                     std::vector<std::string>& to) {
  if (a == b) return;
  if (!a.is_object() && !b.is_object()) {
    const auto text = [](const nlohmann::json& value) { return value.is_null() ? "none" : value.dump(); };
    to.push_back(fmt::format("{} ({} and {})", title, text(a), text(b)));
    return;
  }
  std::set<std::string> keys;
  for (const nlohmann::json* side : {&a, &b})
    for (const auto& [key, value] : side->items()) keys.insert(key);
  if (keys.erase("sha256")) keys.erase("path");  // of a plugin's library
  const auto at = [](const nlohmann::json& json, const std::string& key) {
    return json.is_object() && json.contains(key) ? json[key] : nlohmann::json();
  };
  if (at(a, "plugin") != at(b, "plugin")) keys.erase("settings");  // those of another plugin say no more
  for (const std::string& key : keys)
    add_differences(key == "settings" ? title : title + "." + key, at(a, key), at(b, key), to);
}

}  // namespace

int64_t test_passes(const TrainConfig& train) { return (train.max_epochs + train.test_every - 1) / train.test_every; }

std::vector<Contradiction> contradictions(const Run& run) {
  std::vector<Contradiction> found;
  if (run.schedule.name == "steps" && run.schedule.milestones.empty())
    found.push_back({"schedule",
                     "train.schedule.name is \"steps\" without milestones, so that the rate stays as it is; expected "
                     "train.schedule.milestones, "
                     "as in [100, 200]; add them or leave the schedule out"});
  const ScheduleConfig& schedule = run.schedule;
  const bool is_cosine = schedule.name == "cosine",
             is_by_factor = schedule.name == "exponential" || schedule.name == "steps" || schedule.name == "plateau";
  if ((is_cosine && schedule.final_fraction == 1) || (is_by_factor && schedule.factor == 1))
    found.push_back(
        {"schedule", fmt::format("train.schedule.{} is 1 under train.schedule.name = \"{}\", so that the rate stays as "
                                 "it is; expected less than 1; lower it or leave the schedule out",
                                 is_cosine ? "final_fraction" : "factor", schedule.name)});
  if (schedule.name == "plateau" && run.data.valid == 0 && run.data.valid_path.empty())
    found.push_back({"schedule",
                     "train.schedule.name is \"plateau\", which watches the elbo on the validation data, and there are "
                     "none; expected dataset.valid or dataset.valid_path; hold some out or choose another schedule"});
  if (schedule.warmup_epochs == 1)
    found.push_back(
        {"schedule",
         "train.schedule.warmup_epochs is 1, and the first epoch has the whole rate without it; expected at "
         "least 2; raise it or leave it out"});
  if (run.log.images == 1)
    found.push_back({"log", "log.images is 1, and there are no sheets of one image; expected 0 or at least 2"});
  const EvaluateConfig& evaluate = run.evaluate;
  const bool has_marginal =
      std::find(evaluate.metrics.begin(), evaluate.metrics.end(), "marginal") != evaluate.metrics.end();
  if (const int64_t least = 3 * run.latent_dim + 2; has_marginal && evaluate.marginal_samples < least)
    found.push_back(
        {"evaluate", fmt::format("evaluate.metrics has \"marginal\" with evaluate.marginal_samples = {}; expected at "
                                 "least {} samples to fit a normal distribution in latent_dim = {} dimensions; raise "
                                 "marginal_samples or use \"ais\"",
                                 evaluate.marginal_samples, least, run.latent_dim)});
  const int64_t passes = test_passes(run.train), patience = run.early_stopping.patience;
  if (!run.early_stopping.restore_best && patience >= passes)
    found.push_back(
        {"early_stopping", fmt::format("train.early_stopping.patience is {}, and there are {} passes over the "
                                       "validation data (train.max_epochs = {}, "
                                       "train.test_every = {}), so it stops nothing, and the best weights are not "
                                       "restored; expected less than {}; "
                                       "lower it, raise train.max_epochs or leave restore_best as it is",
                                       patience, passes, run.train.max_epochs, run.train.test_every, passes)});
  return found;
}

void ask_objectives_of(std::vector<Resolved>& variants, const AskObjectives& objectives, Faults& faults) {
  std::vector<plugins::PluginQuestion> questions;  // most variants share theirs
  std::unordered_map<std::string, size_t> known;
  std::vector<size_t> question_of;
  for (const auto& [variant, run] : variants) {
    const PluginChoice& o = run.objective;
    const auto [at, is_new] =
        known.emplace(o.path.string() + '\n' + o.sha256 + sorted_json_text(o.settings, {}, true), questions.size());
    if (is_new) questions.push_back({o.name, o.path, o.sha256, o.settings});
    question_of.push_back(at->second);
  }
  const auto answers = objectives(questions);
  for (size_t i = 0; i < variants.size(); ++i) {
    const experiment::Variant& variant = *variants[i].variant;
    const experiment::Node* section = variant.settings.find("objective");
    const plugins::ObjectiveAnswer& answer = answers[question_of[i]];
    if (answer.fault.empty()) variants[i].run.objective_summary = answer.summary;
    else faults.add(section ? section->where : variant.where, answer.fault);
  }
}

void check_use_of_objectives(std::vector<Resolved>& variants, Faults& faults) {
  for (Resolved& one : variants) {
    if (one.run.objective_summary.has_posterior) continue;
    check_metrics(one, faults);
    check_evidence(one, faults);
    check_prior(one, faults);
  }
}

Run effective_run(Run run, const data::SplitSizes& sizes) {
  run.seed = 1;
  run.log = {};
  run.train.batch_size = std::min(run.train.batch_size, sizes.train);
  const int64_t batches = (sizes.train + run.train.batch_size - 1) / std::max<int64_t>(1, run.train.batch_size);
  run.train.accumulate = std::min(run.train.accumulate, std::max<int64_t>(1, batches));
  EvaluateConfig& evaluate = run.evaluate;
  for (int64_t* images : {&evaluate.images, &evaluate.ais_images, &evaluate.marginal_images})
    if (*images >= sizes.test) *images = 0;  // all
  DataConfig& data = run.data;
  for (int64_t* in_the_fingerprint : {&data.train, &data.valid, &data.test, &data.split_seed, &data.seed})
    *in_the_fingerprint = 0;
  data.test_fraction = 0;  // as well
  const int64_t passes = test_passes(run.train);
  int64_t& patience = run.early_stopping.patience;
  if (!watches_validation(run)) run.train.test_every = 1;        // then a test pass decides nothing
  else if (patience > 0) patience = std::min(patience, passes);  // it never stops
  std::sort(run.schedule.milestones.begin(), run.schedule.milestones.end());
  for (const auto& [part, rate] : OptimizerConfig::rates_of_parts())
    if (run.optimizer.*rate == run.optimizer.lr) run.optimizer.*rate = 0;  // which means the same
  if (run.optimizer.name == "adamw" && run.optimizer.weight_decay == 0) run.optimizer.name = "adam";
  if (!run.objective_summary.has_posterior) run.prior = {};  // nothing is drawn from it and nothing held against it
  return run;
}

void leave_out_options(const Run& run, IdentityParts& parts) {
  for_each_plugin(run, [&](const char* kind, const PluginChoice& choice) {
    parts[kind] = choice_text({choice.kind, choice.name, {}, choice.sha256, {}, choice.parts});
  });
  parts.erase("objective");  // two objectives may come to the same terms
}

std::string objective_key(const plugins::ObjectiveSummary& summary) {
  std::string key = std::to_string(summary.samples);
  for (const ObjectiveTerm& term : summary.terms)
    if (term.weight != 0) key += nlohmann::json({term.name, term.weight}).dump();
  return key;
}

std::vector<std::string> differences(const Run& a, const Run& b) {
  const nlohmann::json of_a = to_json(a), of_b = to_json(b);
  const std::set<std::string> no_settings = {"experiment", "description",      "variant",     "seed",           "id",
                                             "sweep",      "data_fingerprint", "data_record", "objective_facts"};
  std::vector<std::string> found;
  for (const auto& [section, value] : of_a.items())
    if (!no_settings.contains(section))
      add_differences(section_title(section), value, of_b.value(section, nlohmann::json()), found);
  return found;
}

}  // namespace elbo::host
