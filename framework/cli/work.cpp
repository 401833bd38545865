// elbo work BATCH --task T: what a job of a queue calls; not meant to be typed.
#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/paths.hpp"
#include "cli/folder_arguments.hpp"
#include "launch/engine.hpp"
#include "launch/progress.hpp"
#include "launch/stop_signals.hpp"
#include "launch/workers.hpp"
#include "plan/run.hpp"
#include "plugins/child.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
using namespace launch;
namespace {

/// A run that is finished or has failed is not begun again, however often the queue starts this task.
std::vector<Job> open_jobs(const Batch& batch, size_t task, int64_t items_per_task, std::vector<std::string>& names) {
  std::vector<Job> jobs;
  for (const std::string& name : batch.of_task(task, items_per_task)) {
    const RunFolder folder(batch.experiment / name);
    const RunState state = folder.state();
    if (state == RunState::done || state == RunState::failed) continue;
    const Run run = run_from_json(nlohmann::ordered_json::parse(read_file(folder.path() / "run.json")));
    jobs.push_back({folder, run.train.threads, run.train.time_limit_seconds});
    names.push_back(name);
  }
  return jobs;
}

/// Time is up, but not for good. After SIGTERM nothing is asked: whoever sent it has decided, or starts it again itself.
void ask_for_another_turn() {
  const char* job = std::getenv("SLURM_JOB_ID");
  if (!job || StopSignals::first() != SIGUSR1) return;
  try {
    plugins::run_child({"scontrol", "requeue", job}, std::chrono::seconds(30));
  } catch (const Error& error) {
    fmt::print(stderr, "elbo: {}\n", error.what());  // elbo resume will submit it
  }
}

}  // namespace

int work(const Arguments& arguments) {
  namespace po = boost::program_options;
  po::options_description own;
  own.add_options()("task", po::value<size_t>()->default_value(0))("items-per-task", po::value<int64_t>()->default_value(1));
  const auto given = read_folder_arguments("work", arguments, own);
  std::vector<std::string> names;
  const auto jobs = open_jobs(read_batch(folder_of("work", given)), given["task"].as<size_t>(),
                              std::max<int64_t>(1, given["items-per-task"].as<int64_t>()), names);
  std::vector<Result> results;
  {
    Progress progress(names, Progress::Style::plain, std::cout, real_surroundings());
    results = run_workers(worker_program(), jobs, 1, progress);
  }
  const auto any = [&](auto... outcomes) {
    return std::any_of(results.begin(), results.end(), [&](const Result& r) { return ((r.outcome == outcomes) || ...); });
  };
  if (any(Outcome::stopped, Outcome::not_started)) return ask_for_another_turn(), ExitCode::again;
  return any(Outcome::failed) ? ExitCode::failed : ExitCode::done;
}

}  // namespace elbo::cli
