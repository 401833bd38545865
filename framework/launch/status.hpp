// What the files of an experiment say, no process is asked: how far it has come, once or live, and all results in one file.
#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "launch/progress.hpp"
#include "launch/protocol.hpp"
#include "launch/run_folder.hpp"

namespace elbo::host::launch {

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

/// "gaussian seed 1"; the seed only where there are several.
std::string display_name(const std::string& variant, int64_t seed, bool one_seed);

/// "12 runs: 8 done, 1 failed, 2 running, 1 waiting"
std::string counts_text(const ExperimentStatus& status);
/// The counts, then a line for each run that is running, was interrupted or failed; at most `most_lines` of a kind.
std::string status_text(const ExperimentStatus& status, size_t most_lines);
/// {"variant", "seed", "id", "folder", "phase", "max_epochs", ...}
nlohmann::ordered_json to_json(const RunStatus& run);
/// {"experiment", "counts": {...}, "runs": [{"variant", "seed", "id", "folder", "phase", ...}]}
std::string status_json(const ExperimentStatus& status);

class LiveView {
 public:
  /// Says how things stand. Throws as read_planned() does.
  LiveView(const std::filesystem::path& folder, ProgressDisplay::Style style, std::ostream& out,
           ProgressDisplay::Surroundings surroundings);
  /// Looks at the files of every run that had not ended, and shows what has changed. False when all have ended.
  bool look();

 private:
  struct Watched {
    PlannedRun run;
    Phase phase = Phase::waiting;
    int64_t epoch = -1;
  };
  bool show(size_t index, const RunStatus& now);

  std::filesystem::path folder_;
  std::vector<Watched> watched_;
  std::optional<ProgressDisplay> progress_;
};

struct Merged {
  size_t done = 0;
  std::vector<std::string> failed, missing;  // folders of runs
};

/// Writes <folder>/results.h5 from plan.json and the runs that are done: the same file whenever and however often it
/// is called. Throws UserError when the folder holds no plan.
Merged merge_results(const std::filesystem::path& folder);

}  // namespace elbo::host::launch
