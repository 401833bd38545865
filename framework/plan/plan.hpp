// Experiment x plugins x data -> the runs, checked, with every default filled in.
#pragma once
#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiment/experiment.hpp"
#include "plan/questions.hpp"
#include "plugins/registry.hpp"

namespace elbo::host {

struct Plan {
  std::string experiment, description;
  std::string experiment_toml;     // the file as it was read
  std::vector<Run> runs;           // variant by variant, and of each variant seed by seed
  nlohmann::ordered_json looks{};  // of seeds that are added until decided: what each look that was taken has decided
  std::vector<Run>
      trials{};  // of a search by halving: each as it is at its last rung; runs has what is trained of them
  nlohmann::ordered_json rungs{};  // of such a search: which trials went on after each rung
};

/// Asks each plugin once. Throws UserError with every mistake found, each with its place in the file; `likelihoods`, if given,
/// are named where the one chosen does not fit the data. Without `objectives` an objective is what it is by default. `first_steps`, if
/// given, is asked of variants that differ in nothing but options of their plugins.
Plan make_plan(const experiment::Experiment& experiment, const DescribePlugin& describe,
               const ListLikelihoods& likelihoods = {}, const AskObjectives& objectives = {},
               const AskFirstSteps& first_steps = {});
Plan make_plan(const experiment::Experiment& experiment, plugins::Registry& registry);

/// By which the runs of a plan are given seeds; nothing where they were listed.
std::optional<experiment::SeedRule> seed_rule_of(const Plan& plan);

/// Gives each of these variants the seeds 1, 2, ... up to the number, where it does not have them yet. Returns how many runs that adds.
size_t add_seeds(Plan& plan, const std::map<std::string, int64_t>& seeds_of);

/// plan.json: everything that workers and reports need, without the experiment file.
nlohmann::ordered_json to_json(const Plan& plan);
/// to_json(plan).dump(2), a run at a time: as values, 100,000 runs are gigabytes.
std::string json_text(const Plan& plan);
/// Throws Error when it was written by another version of the program or is damaged.
Plan plan_from_json(const nlohmann::ordered_json& json);

/// All at once or not at all. Throws Error.
void write_plan(const Plan& plan, const std::filesystem::path& file);
/// Throws UserError when there is no such file, Error when it is not a plan.
Plan read_plan(const std::filesystem::path& file);

/// Tries the first seed of each variant. Throws UserError with one line for each variant that cannot be trained; returns a sentence for
/// each variant that was not tried.
std::vector<std::string> try_first_steps(const experiment::Experiment& experiment, const Plan& plan,
                                         const AskFirstSteps& ask = ask_first_steps);

/// A sentence for each difference that the experiment file does not show:
/// "likelihood:gaussian was rebuilt (SHA-256 1f0c2a9b, was 77ab03ce)", "the data have changed".
std::vector<std::string> hidden_changes(const Run& before, const Run& now);
/// Of all runs with the same variant and seed in both; each sentence once.
std::vector<std::string> hidden_changes(const Plan& before, const Plan& now);

}  // namespace elbo::host
