#include "launch/merge.hpp"

#include <elbo/error.hpp>

#include "launch/experiment_status.hpp"
#include "log/merged.hpp"
#include "report/results/read_runs.hpp"
#include "report/results/verification.hpp"

namespace elbo::launch {
namespace fs = std::filesystem;
namespace {

/// A log that cannot be read makes a failed run, not a merge that ends half-way.
log::MergedRun merged_run(const fs::path& folder, const PlannedRun& run) {
  const RunFolder files(folder / run.folder);
  log::MergedRun merged{run.variant, run.id, run.folder, run.seed, "missing", "", "", {}};
  const RunState state = files.state();
  if (state == RunState::failed) {
    merged.state = "failed";
    merged.failure = files.failure();
  }
  if (state != RunState::done) return merged;
  try {
    report::RunOutcome outcome = report::read_run(files.log());
    const auto why = report::why_not_ranked(outcome);
    const std::string words = why ? why->code + ": " + why->words : "";
    merged.state = outcome.refused ? "failed" : "done";  // numbers that contradict each other are no result
    (outcome.refused ? merged.failure : merged.not_ranked) = words;
    if (!outcome.refused) merged.summary = std::move(outcome.summary);
  } catch (const Error& error) {
    merged.state = "failed";
    merged.failure = error.what();
  }
  return merged;
}

}  // namespace

Merged merge_results(const fs::path& folder) {
  const PlannedExperiment experiment = read_planned(folder);
  std::vector<log::MergedRun> runs;
  Merged result;
  for (const PlannedRun& run : experiment.runs) {
    runs.push_back(merged_run(folder, run));
    if (runs.back().state == "done") ++result.done;
    if (runs.back().state == "failed") result.failed.push_back(run.folder);
    if (runs.back().state == "missing") result.missing.push_back(run.folder);
  }
  log::write_merged(folder / "results.h5", experiment.name, runs);
  return result;
}

}  // namespace elbo::launch
