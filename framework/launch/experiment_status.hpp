// How far an experiment has come, from its files alone: no process is asked.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "launch/protocol.hpp"
#include "launch/run_folder.hpp"

namespace elbo::launch {

/// What plan.json says of a run without its settings.
struct PlannedRun {
  std::string variant, id, folder;
  int64_t seed = 0, max_epochs = 0, threads = 1, time_limit_seconds = 0;
};

struct PlannedExperiment {
  std::string name;
  std::vector<PlannedRun> runs;
  bool has_one_seed() const;
};

/// Reads <folder>/plan.json. Throws UserError when the folder holds none, Error when it is damaged.
PlannedExperiment read_planned(const std::filesystem::path& folder);

/// waiting: not begun; running: a living process holds it; interrupted: neither done nor failed, and nobody at it.
enum class Phase { waiting, running, interrupted, failed, done };
std::string name_of(Phase phase);

struct RunStatus {
  PlannedRun run;
  Phase phase = Phase::waiting;
  Event progress;       // of runs that are neither waiting nor failed and whose log can be read
  std::string failure;  // of failed ones
};

struct ExperimentStatus {
  std::string name;
  bool one_seed = false;
  std::vector<RunStatus> runs;
  size_t count(Phase phase) const;
};

ExperimentStatus read_status(const std::filesystem::path& folder);
/// As read_status() would see this run.
RunStatus read_run_status(const std::filesystem::path& folder, const PlannedRun& run);

}  // namespace elbo::launch
