// One run of a plan: a variant with a seed, every default filled in. What a worker process is given.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/data_record.hpp"
#include "experiment/settings.hpp"
#include "plugins/choice.hpp"
#include "plugins/objective_facts.hpp"

namespace elbo {

/// Which sweep a variant is a point of.
struct SweepPoint {
  std::string of;                 // the variant that was swept; empty where the file names none
  std::vector<std::string> keys;  // what is varied; none: no point of a sweep
};

struct Run {
  std::string experiment, description;
  std::string variant;
  SweepPoint sweep;
  int64_t seed = 1;
  int64_t latent_dim = 20;
  DataConfig data;
  data::DataRecord data_record;  // what the data and their split are; whoever loads them proves it (data::load_planned)
  PluginChoice encoder, decoder, prior, likelihood, objective;
  plugins::ObjectiveFacts objective_facts;  // what the objective says of itself with these settings
  TrainConfig train;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  EarlyStoppingConfig early_stopping;
  EvaluateConfig evaluate;
  LogConfig log;

  /// Hash of all that decides the result: not of names, descriptions, places of files, or what is only logged about time.
  std::string id() const;
  /// "<slug of variant>-seed<seed>-<first 8 of id>"; the run's folder below runs/<experiment>/.
  std::string folder() const;
  /// "<experiment>: <variant>, seed <seed>"
  std::string title() const;
};

/// Run::folder() of a run of which only these are known.
std::string run_folder_name(const std::string& variant, int64_t seed, const std::string& id);

nlohmann::ordered_json to_json(const Run& run);
/// Of a plan as to_json() writes it, by another version of this program too: what decides the result.
nlohmann::json identity_of(const nlohmann::ordered_json& plan);
/// options of the plugins come back with the types that JSON gives them, in the declared order
Run run_from_json(const nlohmann::ordered_json& json);

}  // namespace elbo
