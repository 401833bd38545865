#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "launch/progress.hpp"
#include "launch/status.hpp"
#include "log/collapse.hpp"
#include "log/upkeep/live.hpp"
#include "metrics/metrics.hpp"
#include "plan/run.hpp"

namespace elbo::host::launch {
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

/// The log may get its final name between two looks.
log::Live live_of(const RunFolder& folder) {
  if (!folder.has_complete_log()) {
    try {
      return log::read_live(folder.partial_log());
    } catch (const Error&) {
      if (!folder.has_complete_log()) throw;
    }
  }
  return log::read_live(folder.log());
}

/// A log that cannot be read says nothing; that is for `elbo run` to mend.
Event progress_in(const RunFolder& folder, int64_t max_epochs) {
  Event event{.type = "epoch", .epochs = max_epochs};
  try {
    const log::Live live = live_of(folder);
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

constexpr Phase in_order[] = {Phase::done, Phase::failed, Phase::running, Phase::interrupted, Phase::waiting};

std::string line_of(const RunStatus& run, const std::string& name) {
  if (run.phase == Phase::failed) return name + ": failed" + (run.failure.empty() ? "" : ": " + run.failure);
  if (run.phase == Phase::running) return plain_line(name, run.progress);
  if (run.phase == Phase::done)
    return fmt::format("{}: done, but collapsed: kl {:.2f} nat; its latents say nothing of the data", name,
                       run.progress.terms->second);
  return fmt::format("{}: interrupted after epoch {}/{}", name, run.progress.epoch, run.run.max_epochs);
}

bool has_collapsed(const RunStatus& run) { return run.progress.terms && log::is_collapsed(run.progress.terms->second); }

/// Of runs that are done, only what is remarkable.
bool has_line(const RunStatus& run) { return run.phase != Phase::done || has_collapsed(run); }

}  // namespace

Json to_json(const RunStatus& run) {
  Json json = {{"variant", run.run.variant}, {"seed", run.run.seed},        {"id", run.run.id},
               {"folder", run.run.folder},   {"phase", name_of(run.phase)}, {"max_epochs", run.run.max_epochs}};
  if (run.phase == Phase::failed) json["failure"] = run.failure;
  if (has_collapsed(run)) json["collapsed"] = true;
  if (run.phase == Phase::failed || run.phase == Phase::waiting) return json;
  json["epoch"] = run.progress.epoch;
  if (run.progress.has_elbo && std::isfinite(run.progress.elbo)) json[metrics::elbo.name] = run.progress.elbo;
  if (const auto& terms = run.progress.terms; terms && std::isfinite(terms->first) && std::isfinite(terms->second)) {
    json[metrics::reconstruction.name] = terms->first;
    json[metrics::kl.name] = terms->second;
  }
  if (run.phase == Phase::done) return json;
  if (run.progress.per_second > 0) json[metrics::samples_per_second.name] = run.progress.per_second;
  if (run.progress.seconds_left >= 0) json["seconds_left"] = run.progress.seconds_left;
  return json;
}

PlannedExperiment read_planned(const fs::path& folder) {
  const fs::path file = folder / "plan.json";
  if (!fs::exists(file))
    throw UserError(folder.string() +
                    ": holds no plan.json; expected the folder of an experiment that elbo run has begun");
  try {
    const Json plan = parse_json(read_file(file), file.string());
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

std::string display_name(const std::string& variant, int64_t seed, bool one_seed) {
  return one_seed ? variant : fmt::format("{} seed {}", variant, seed);
}

std::string counts_text(const ExperimentStatus& status) {
  std::vector<std::string> parts;
  for (const Phase phase : in_order)
    if (const size_t n = status.count(phase)) parts.push_back(fmt::format("{} {}", n, name_of(phase)));
  return fmt::format("{}: {}", counted(status.runs.size(), "run"), join(parts));
}

std::string status_text(const ExperimentStatus& status, size_t most_lines) {
  std::string text = status.name + ": " + counts_text(status) + "\n";
  for (const Phase phase : {Phase::running, Phase::interrupted, Phase::failed, Phase::done}) {
    size_t lines = 0;
    for (const RunStatus& run : status.runs)
      if (run.phase == phase && has_line(run) && ++lines <= most_lines)
        text += "  " + line_of(run, display_name(run.run.variant, run.run.seed, status.one_seed)) + "\n";
    if (lines > most_lines) text += fmt::format("  ... and {} more {}\n", lines - most_lines, name_of(phase));
  }
  return text;
}

std::string status_json(const ExperimentStatus& status) {
  Json json = {{"experiment", status.name}, {"counts", Json::object()}, {"runs", Json::array()}};
  for (const Phase phase : in_order) json["counts"][name_of(phase)] = status.count(phase);
  for (const RunStatus& run : status.runs) json["runs"].push_back(to_json(run));
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

LiveView::LiveView(const std::filesystem::path& folder, ProgressDisplay::Style style, std::ostream& out,
                   ProgressDisplay::Surroundings surroundings)
    : folder_(folder) {
  const ExperimentStatus status = read_status(folder);
  out << status.name << ": " << counts_text(status) << '\n' << std::flush;
  std::vector<std::string> names;
  for (const RunStatus& run : status.runs) {
    if (run.phase == Phase::done || run.phase == Phase::failed) continue;
    watched_.push_back({run.run});
    names.push_back(display_name(run.run.variant, run.run.seed, status.one_seed));
  }
  progress_.emplace(std::move(names), style, out, std::move(surroundings));
}

bool LiveView::look() {
  bool all_ended = true;
  for (size_t i = 0; i < watched_.size(); ++i) {
    if (watched_[i].phase == Phase::done || watched_[i].phase == Phase::failed) continue;
    if (!show(i, read_run_status(folder_, watched_[i].run))) all_ended = false;
  }
  progress_->tick();
  return !all_ended;
}

/// Whether the run has ended.
bool LiveView::show(size_t index, const RunStatus& now) {
  Watched& known = watched_[index];
  const Phase before = std::exchange(known.phase, now.phase);
  if (now.phase == Phase::running) {
    if (before != Phase::running) progress_->started(index);
    if (std::exchange(known.epoch, now.progress.epoch) != now.progress.epoch) progress_->event(index, now.progress);
    return false;
  }
  if (now.phase == Phase::done)
    progress_->finished(index, {Outcome::done, "", RunFolder(folder_ / known.run.folder).seconds()});
  if (now.phase == Phase::failed) progress_->finished(index, {Outcome::failed, now.failure, 0});
  if (now.phase == Phase::interrupted && before == Phase::running)
    progress_->finished(index, {Outcome::stopped, "interrupted", 0});
  return now.phase == Phase::done || now.phase == Phase::failed;
}

}  // namespace elbo::host::launch
