#include "plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "experiment/check.hpp"
#include "plan/halving.hpp"
#include "plan/resolve.hpp"
#include "plan/run.hpp"
#include "plan/run_identity.hpp"
#include "plan/variant_checks.hpp"
#include "plugins/ask.hpp"

namespace elbo::host {
using Json = nlohmann::ordered_json;
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

/// Settings are compared first, since that asks no plugin. Returns, of each variant, what it has beside the options of its plugins.
std::vector<std::string> check_settings_differ(const std::vector<Resolved>& variants, Resolver& resolver,
                                               Faults& faults) {
  std::vector<std::string> beside_options;
  std::unordered_map<std::string, const Resolved*> first;
  for (const Resolved& one : variants) {
    const Run effective = effective_run(one.run, resolver.sizes_of(one.run.data));
    IdentityParts parts = identity_parts(effective);
    if (const auto [at, is_new] = first.emplace(sha256(identity_text(parts)), &one); !is_new)
      add_sameness(*at->second, one, faults);
    leave_out_options(effective, parts);
    beside_options.push_back(sha256(identity_text(parts) + objective_key(one.run.objective_summary)));
  }
  return beside_options;
}

/// Variants that differ in options of their plugins alone may still come to the same numbers: the worker tries their first steps. What larger
/// plans repeat is found after training.
void check_steps_differ(const std::vector<Resolved>& variants, const std::vector<std::string>& beside_options,
                        const AskFirstSteps& first_steps, Faults& faults) {
  std::unordered_map<std::string, size_t> alike;
  for (const std::string& settings : beside_options) ++alike[settings];
  std::vector<size_t> tried;
  for (size_t i = 0; i < variants.size(); ++i)
    if (alike.at(beside_options[i]) > 1) tried.push_back(i);
  if (tried.empty() || tried.size() > most_first_steps) return;
  std::vector<Run> runs;
  for (const size_t i : tried) runs.push_back(variants[i].run);
  const auto answers = first_steps(runs);
  std::map<std::string, const Resolved*> first;
  for (size_t i = 0; i < tried.size(); ++i) {
    if (answers[i].digest.empty()) continue;  // without an answer both variants are kept
    const Resolved& one = variants[tried[i]];
    if (const auto [at, is_new] = first.emplace(answers[i].digest + beside_options[tried[i]], &one); !is_new)
      add_sameness(*at->second, one, faults);
  }
}

/// The section that a sentence is about, as "encoder:mlp: ..." is about [encoder]; the variant where it names none.
experiment::Where place_of(const std::string& sentence, const experiment::Variant& variant) {
  const std::string kind = sentence.substr(0, sentence.find(':'));
  const experiment::Node* section = variant.settings.find(kind);
  return section ? section->where : variant.where;
}

/// Which parts of a model have parameters, only the model knows.
void check_rates_of_parts(const std::vector<Resolved>& variants, const AskFirstSteps& first_steps, Faults& faults) {
  std::vector<Run> runs;
  std::vector<const experiment::Variant*> tried;
  for (const auto& [variant, run] : variants) {
    const auto is_given = [&run = run](const auto& one) { return run.optimizer.*one.second > 0; };
    if (!std::ranges::any_of(OptimizerConfig::rates_of_parts(), is_given) || runs.size() == most_first_steps) continue;
    runs.push_back(run);
    tried.push_back(variant);
  }
  if (runs.empty()) return;
  const auto answers = first_steps(runs);
  for (size_t i = 0; i < tried.size(); ++i)
    if (!answers[i].fault.empty()) faults.add(place_of(answers[i].fault, *tried[i]), answers[i].fault);
}

constexpr int format = 1;

Json head_of(const Plan& plan) {
  Json json = {{"format", format},
               {"experiment", plan.experiment},
               {"description", plan.description},
               {"experiment_toml", plan.experiment_toml}};
  if (!plan.looks.empty()) json["looks"] = plan.looks;
  if (!plan.rungs.empty()) json["rungs"] = plan.rungs;
  for (const Run& trial : plan.trials) json["trials"].push_back(to_json(trial));
  return json;
}

std::string short_hash(const std::string& hash) { return hash.empty() ? "unknown" : hash.substr(0, 8); }

}  // namespace

Plan make_plan(const Experiment& experiment, const DescribePlugin& describe, const ListLikelihoods& likelihoods,
               const AskObjectives& objectives, const AskFirstSteps& first_steps) {
  Faults faults;
  Resolver resolver(describe, likelihoods, faults);
  std::vector<Resolved> variants;
  variants.reserve(experiment.variants.size());
  std::map<std::string, int64_t> points;  // of each sweep
  for (const experiment::Variant& variant : experiment.variants) ++points[variant.swept_from];
  for (const experiment::Variant& end : experiment.ends) resolver.run_of(end.settings);
  faults.raise();
  for (const experiment::Variant& variant : experiment.variants) {
    Run run = resolver.run_of(variant.settings);
    run.experiment = experiment.name;
    run.description = experiment.description;
    run.variant = variant.name;
    if (!variant.swept_keys.empty())
      run.sweep = {variant.swept_from, variant.swept_keys, points.at(variant.swept_from), variant.trial};
    variants.push_back({&variant, std::move(run)});
  }
  if (experiment.search && faults.empty()) check_trials(variants, *experiment.search, faults);
  faults.raise();
  if (objectives) ask_objectives_of(variants, objectives, faults);
  check_use_of_objectives(variants, faults);
  faults.raise();
  const auto beside_options = check_settings_differ(variants, resolver, faults);
  faults.raise();
  if (first_steps) check_steps_differ(variants, beside_options, first_steps, faults);
  if (first_steps) check_rates_of_parts(variants, first_steps, faults);
  faults.raise();
  Plan plan{experiment.name, experiment.description, experiment.toml, {}};
  plan.runs.reserve(variants.size() * experiment.seeds.size());
  for (Resolved& one : variants)
    for (const int64_t seed : experiment.seeds) {
      const bool is_last = &seed == &experiment.seeds.back();
      plan.runs.push_back(is_last ? std::move(one.run) : one.run);
      plan.runs.back().seed = seed;
      plan.runs.back().seed_rule = experiment.seed_rule;
    }
  if (experiment.search && experiment.search->is_halving()) {
    set_rungs(plan.runs, *experiment.search);
    plan.trials = std::move(plan.runs);
    plan.runs = runs_at_rungs(plan.trials, [](const Run&) -> size_t { return 0; });
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

std::vector<std::string> try_first_steps(const experiment::Experiment& experiment, const Plan& plan,
                                         const AskFirstSteps& ask) {
  std::vector<Run> runs;
  const size_t seeds = experiment.seeds.size(), tried = std::min(experiment.variants.size(), most_first_steps);
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

std::optional<experiment::SeedRule> seed_rule_of(const Plan& plan) {
  return plan.runs.empty() ? std::nullopt : plan.runs.front().seed_rule;
}

size_t add_seeds(Plan& plan, const std::map<std::string, int64_t>& seeds_of) {
  std::vector<Run> all;
  for (size_t i = 0; i < plan.runs.size(); ++i) {
    const Run& run = plan.runs[i];
    all.push_back(run);
    const bool is_last = i + 1 == plan.runs.size() || plan.runs[i + 1].variant != run.variant;
    const auto wanted = seeds_of.find(run.variant);
    for (int64_t seed = run.seed + 1; is_last && wanted != seeds_of.end() && seed <= wanted->second; ++seed) {
      all.push_back(run);
      all.back().seed = seed;
    }
  }
  const size_t added = all.size() - plan.runs.size();
  plan.runs = std::move(all);
  return added;
}

Json to_json(const Plan& plan) {
  Json json = head_of(plan);
  json["runs"] = Json::array();
  for (const Run& run : plan.runs) json["runs"].push_back(to_json(run));
  return json;
}

std::string json_text(const Plan& plan) {
  if (plan.runs.empty()) return to_json(plan).dump(2);
  std::string text = head_of(plan).dump(2);
  text.resize(text.size() - 2);  // the line of the last brace
  text += ",\n  \"runs\": [";
  for (const Run& run : plan.runs) {
    text += &run == &plan.runs.front() ? "\n    " : ",\n    ";
    for (const char c : to_json(run).dump(2)) {
      text += c;
      if (c == '\n') text += "    ";
    }
  }
  return text + "\n  ]\n}";
}

Plan plan_from_json(const Json& json) {
  try {
    if (const int found = json.at("format"); found != format)
      throw Error("plan: format " + std::to_string(found) + "; this program reads format " + std::to_string(format) +
                  "; plan the experiment again");
    Plan plan{json.at("experiment"), json.at("description"), json.at("experiment_toml"), {}};
    if (json.contains("looks")) plan.looks = json["looks"];
    if (json.contains("rungs")) plan.rungs = json["rungs"];
    if (json.contains("trials"))
      for (const Json& trial : json["trials"]) plan.trials.push_back(run_from_json(trial));
    for (const Json& run : json.at("runs")) plan.runs.push_back(run_from_json(run));
    return plan;
  } catch (const nlohmann::json::exception& e) {
    throw Error(std::string("plan: not as this program writes it: ") + reason_of(e));
  }
}

void write_plan(const Plan& plan, const std::filesystem::path& file) { write_atomically(file, json_text(plan) + "\n"); }

Plan read_plan(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  try {
    return plan_from_json(parse_json(text, "plan"));
  } catch (const Error& e) {
    throw Error(file.string() + ": " + e.what());
  }
}

std::vector<std::string> hidden_changes(const Run& before, const Run& now) {
  std::vector<std::string> sentences;
  std::map<std::string, const PluginChoice*> earlier;
  for_each_library(before,
                   [&](const std::string& kind, const PluginChoice& choice) { earlier[kind + choice.name] = &choice; });
  for_each_library(now, [&](const std::string& kind, const PluginChoice& choice) {
    const auto found = earlier.find(kind + choice.name);
    if (found == earlier.end()) return;
    const PluginChoice& old = *found->second;
    if (old.sha256 != choice.sha256)
      sentences.push_back(kind + ":" + choice.name + " was rebuilt (SHA-256 " + short_hash(choice.sha256) + ", was " +
                          short_hash(old.sha256) + ")");
  });
  const std::string was = before.data_record.fingerprint(), is = now.data_record.fingerprint();
  if (was != is && before.data.name == now.data.name && before.data.path == now.data.path)
    sentences.push_back("the data or their split have changed (" + short_hash(is) + ", were " + short_hash(was) + ")");
  return sentences;
}

std::vector<std::string> hidden_changes(const Plan& before, const Plan& now) {
  std::map<std::pair<std::string, int64_t>, const Run*> earlier;
  for (const Run& run : before.runs) earlier[{run.variant, run.seed}] = &run;
  std::vector<std::string> sentences;
  for (const Run& run : now.runs) {
    const auto old = earlier.find({run.variant, run.seed});
    if (old == earlier.end()) continue;
    for (const std::string& sentence : hidden_changes(*old->second, run))
      if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end()) sentences.push_back(sentence);
  }
  return sentences;
}

}  // namespace elbo::host
