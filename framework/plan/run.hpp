// One run of a plan: a variant with a seed, every default filled in. What a worker process is given. And its parts by name, in the order of an
// experiment file: said once, for everything that goes through them.
#pragma once
#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/files/data_record.hpp"
#include "experiment/seed_rule.hpp"
#include "experiment/settings.hpp"
#include "plugins/choice.hpp"
#include "plugins/description.hpp"

namespace elbo::host::experiment {
struct Section;
}

namespace elbo::host {

/// In the folder of a finished run: every parameter and buffer of its model, as numbers alone (train/tensor_file.hpp).
inline constexpr const char* weights_file = "weights.safetensors";

/// Which sweep a variant is a point of, or which search a trial of.
struct SweepPoint {
  std::string of;                 // the variant that was swept or searched; empty where the file names none
  std::vector<std::string> keys;  // what is varied; none: no point of a sweep
  int64_t points = 0;             // that this sweep or search has; 0 in plans that do not say it
  int64_t trial = 0;              // of a search, from 1; 0: of a sweep
  std::vector<int64_t> rungs{};   // epochs of each rung of a search by halving, the last being all; else none
  int64_t reduction_factor = 0;   // of a search by halving
};

struct Run {
  std::string experiment, description;
  std::string variant;
  SweepPoint sweep;
  int64_t seed = 1;
  std::optional<experiment::SeedRule> seed_rule;  // by which its variant was given this seed
  int64_t latent_dim = 20;
  DataConfig data;
  data::DataRecord data_record;  // what the data and their split are; whoever loads them proves it (data::load_planned)
  PluginChoice encoder, decoder, prior, likelihood, objective;
  plugins::ObjectiveSummary objective_summary;  // what the objective says of itself with these settings
  TrainConfig train;
  std::string start_weights;  // SHA-256 of the weights in train.start_from; empty where that is
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  EarlyStoppingConfig early_stopping;
  EvaluateConfig evaluate;
  LogConfig log;

  /// Hash of all that decides the result: not of names, descriptions, places of files, the seeds beside it, or what is only logged about time.
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
/// Of that, what decides the trained weights: all but how they are evaluated.
nlohmann::json training_identity_of(const nlohmann::ordered_json& plan);
/// options of the plugins come back with the types that JSON gives them, in the declared order
Run run_from_json(const nlohmann::ordered_json& json);
/// Of such JSON as text; `origin` says in the sentence where it stands. Throws Error: not JSON, not a run.
Run parse_run(const std::string& json, const std::string& origin);
/// Of the run.json in a run's folder. Throws Error, UserError where there is none.
Run read_run(const std::filesystem::path& folder);
/// Of a run as to_json() writes it; nothing where the seeds were listed, or it is no such rule.
std::optional<experiment::SeedRule> seed_rule_in(const nlohmann::ordered_json& run);

/// f(kind, choice) for the five plugins of a Run or const Run.
template <class R, class F>
void for_each_plugin(R& run, F&& f) {
  f("encoder", run.encoder);
  f("decoder", run.decoder);
  f("prior", run.prior);
  f("likelihood", run.likelihood);
  f("objective", run.objective);
}

/// f(kind, choice) for the five plugins and for the likelihoods within one of them.
template <class R, class F>
void for_each_library(R& run, F&& f) {
  for_each_plugin(run, f);
  for (auto& part : run.likelihood.parts) f("likelihood", part.choice);
}

/// f(name, config) for each section that the host reads.
template <class R, class F>
void for_each_section(R& run, F&& f) {
  f("dataset", run.data);
  f("train", run.train);
  f("evaluate", run.evaluate);
  f("log", run.log);
  f("optimizer", run.optimizer);
  f("schedule", run.schedule);
  f("early_stopping", run.early_stopping);
}

/// Whether the weights of the best pass over the validation data are kept, not the last ones.
inline bool keeps_best_weights(const Run& run) {
  return run.early_stopping.patience > 0 ? run.early_stopping.restore_best : run.train.keep == "best";
}

/// Whether training looks at the validation data.
inline bool watches_validation(const Run& run) {
  return run.early_stopping.patience > 0 || run.schedule.name == "plateau" || run.train.keep == "best";
}

/// The sections that an experiment file has below [train].
inline bool is_below_train(std::string_view section) {
  return section == "optimizer" || section == "schedule" || section == "early_stopping";
}

/// As it is headed in an experiment file: "dataset", "train.optimizer".
inline std::string section_title(const std::string& section) {
  return is_below_train(section) ? "train." + section : section;
}

/// The host's own sections of a run as declared options with values, in the order of an experiment file: with the run's values, and nothing
/// said in a file.
std::vector<experiment::Section> sections_of(const Run& run);
/// Takes the values of sections_of() over into the run.
void set_sections(const std::vector<experiment::Section>& sections, Run& run);

}  // namespace elbo::host
