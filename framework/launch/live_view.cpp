#include "launch/live_view.hpp"

#include <utility>

#include "launch/status_text.hpp"

namespace elbo::launch {

LiveView::LiveView(const std::filesystem::path& folder, Progress::Style style, std::ostream& out,
                   Progress::Surroundings surroundings)
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

}  // namespace elbo::launch
