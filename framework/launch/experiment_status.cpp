#include "launch/experiment_status.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "log/live.hpp"
#include "plan/run.hpp"

namespace elbo::launch {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

PlannedRun planned(const Json& run) {
  PlannedRun planned{.variant = run.at("variant"), .id = run.at("id"), .folder = "", .seed = run.at("seed")};
  planned.folder = run_folder_name(planned.variant, planned.seed, planned.id);
  const Json& train = run.at("train");
  planned.max_epochs = train.at("max_epochs");
  planned.threads = train.at("threads");
  planned.time_limit_seconds = train.at("time_limit_seconds");
  return planned;
}

/// A log that cannot be read says nothing; that is for `elbo run` to mend.
Event progress_in(const RunFolder& folder, int64_t max_epochs) {
  Event event{.type = "epoch", .epochs = max_epochs};
  try {
    const log::Live live = log::read_live(folder.has_complete_log() ? folder.log() : folder.partial_log());
    event.epoch = live.epochs;
    event.fraction = static_cast<double>(live.epochs) / static_cast<double>(std::max<int64_t>(1, max_epochs));
    event.has_elbo = !std::isnan(live.elbo);
    event.elbo = live.elbo;
    if (event.has_elbo) event.terms = {live.reconstruction, live.kl};
    event.per_second = live.samples_per_second;
    if (live.epochs > 0)
      event.seconds_left =
          live.seconds / static_cast<double>(live.epochs) * static_cast<double>(max_epochs - live.epochs);
    if (live.epochs >= max_epochs) event.type = "evaluating";
  } catch (const Error&) {
    event.epochs = 0;
  }
  return event;
}

}  // namespace

PlannedExperiment read_planned(const fs::path& folder) {
  const fs::path file = folder / "plan.json";
  if (!fs::exists(file))
    throw UserError(folder.string() +
                    ": holds no plan.json; expected the folder of an experiment that elbo run has begun");
  try {
    const Json plan = Json::parse(read_file(file));
    PlannedExperiment experiment{plan.at("experiment"), {}};
    for (const Json& run : plan.at("runs")) experiment.runs.push_back(planned(run));
    return experiment;
  } catch (const Json::exception& e) {
    throw Error(file.string() + ": not as this program writes it (" + e.what() + "); plan the experiment again");
  }
}

bool PlannedExperiment::has_one_seed() const {
  return std::all_of(runs.begin(), runs.end(), [this](const PlannedRun& run) { return run.seed == runs.front().seed; });
}

std::string name_of(Phase phase) {
  constexpr const char* names[] = {"waiting", "running", "interrupted", "failed", "done"};
  return names[static_cast<size_t>(phase)];
}

size_t ExperimentStatus::count(Phase phase) const {
  return static_cast<size_t>(
      std::count_if(runs.begin(), runs.end(), [phase](const RunStatus& run) { return run.phase == phase; }));
}

RunStatus read_run_status(const fs::path& folder, const PlannedRun& run) {
  const RunFolder files(folder / run.folder);
  RunStatus status{.run = run, .phase = Phase::waiting, .progress = {}, .failure = ""};
  switch (files.state()) {
    case RunState::done:
      status.phase = Phase::done;
      status.progress = progress_in(files, run.max_epochs);
      return status;
    case RunState::failed:
      status.phase = Phase::failed;
      status.failure = files.failure();
      return status;
    case RunState::fresh:
      return status;
    case RunState::started:
      break;
  }
  status.phase = is_locked(files.path()) ? Phase::running : Phase::interrupted;
  status.progress = progress_in(files, run.max_epochs);
  return status;
}

ExperimentStatus read_status(const fs::path& folder) {
  const PlannedExperiment experiment = read_planned(folder);
  ExperimentStatus status{experiment.name, experiment.has_one_seed(), {}};
  for (const PlannedRun& run : experiment.runs) status.runs.push_back(read_run_status(folder, run));
  return status;
}

}  // namespace elbo::launch
