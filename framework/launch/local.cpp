#include "launch/local.hpp"

#include <signal.h>

#include <algorithm>
#include <iostream>
#include <thread>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "launch/experiment_status.hpp"
#include "launch/status_text.hpp"
#include "launch/workers.hpp"
#include "plan/run.hpp"

namespace elbo::launch {
namespace fs = std::filesystem;
namespace {

struct Work {
  std::vector<Job> jobs;
  std::vector<std::string> names;
};

/// A run that is finished or has failed is not begun again, however often a queue starts its task.
Work work_of(const Batch& batch) {
  const bool one_seed = read_planned(batch.experiment).has_one_seed();
  Work work;
  for (const std::string& name : batch.runs) {
    const RunFolder folder(batch.experiment / name);
    const RunState state = folder.state();
    if (state == RunState::done || state == RunState::failed) continue;
    const Run run = run_from_json(nlohmann::ordered_json::parse(read_file(folder.path() / "run.json")));
    work.jobs.push_back({folder, run.train.threads, run.train.time_limit_seconds});
    work.names.push_back(display_name(run.variant, run.seed, one_seed));
  }
  return work;
}

}  // namespace

size_t runs_at_once(int64_t threads) {
  return std::max<size_t>(1, std::thread::hardware_concurrency() / static_cast<size_t>(std::max<int64_t>(1, threads)));
}

Submission Local::submit(const Batch& batch, const Resources& resources) {
  const Work work = work_of(batch);
  const size_t at_once =
      resources.throttle > 0 ? static_cast<size_t>(resources.throttle) : runs_at_once(resources.threads);
  Progress progress(work.names, style_, std::cout, real_surroundings());
  Submission submission;
  for (const Result& result : run_workers(worker_, work.jobs, at_once, progress)) {
    submission.failed |= result.outcome == Outcome::failed;
    submission.stopped |= result.outcome == Outcome::stopped || result.outcome == Outcome::not_started;
  }
  return submission;
}

Jobs Local::query(const fs::path& experiment) {
  Jobs jobs;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(experiment, none))
    if (is_locked(entry.path())) jobs.runs[entry.path().filename()] = JobState::running;
  return jobs;
}

void Local::cancel(const fs::path& experiment) {
  const auto holder = lock_holder(experiment);
  if (!holder) throw UserError(experiment.string() + ": nobody is at work here; expected an elbo run to stop");
  if (!holder->is_here)
    throw UserError(experiment.string() + ": process " + std::to_string(holder->process) + " on " + holder->host +
                    " is at work here; expected one of this computer; stop it there");
  kill(holder->process, SIGTERM);
}

}  // namespace elbo::launch
