#include "cli/run_plan.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <thread>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "launch/merge.hpp"
#include "launch/progress.hpp"
#include "launch/run_folder.hpp"
#include "launch/stop_signals.hpp"
#include "launch/workers.hpp"
#include "plan/changes.hpp"
#include "report/comparison.hpp"
#include "report/loading.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
using namespace launch;
namespace {

constexpr int interrupted = 130;  // as a shell says of a program that Ctrl-C ended
constexpr size_t most_runs_listed = 12;

/// What is still to be done, and what the progress display calls it.
struct Pending {
  std::vector<Job> jobs;
  std::vector<std::string> names;
  size_t finished_before = 0;
};

std::string counted(size_t n, const std::string& what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string display_name(const Plan& plan, const Run& run) {
  const bool one_seed = std::all_of(plan.runs.begin(), plan.runs.end(),
                                    [&](const Run& other) { return other.seed == run.seed; });
  return one_seed ? run.variant : fmt::format("{} seed {}", run.variant, run.seed);
}

Pending pending_runs(const Plan& plan, const fs::path& out, bool failed_too) {
  Pending pending;
  for (const Run& run : plan.runs) {
    const RunFolder folder(out / run.folder());
    if (folder.state() == RunState::done) {
      ++pending.finished_before;
      continue;
    }
    if (folder.state() == RunState::failed && !failed_too) continue;
    folder.prepare(to_json(run).dump(2) + "\n");
    pending.jobs.push_back({folder, run.train.threads, run.train.time_limit_seconds});
    pending.names.push_back(display_name(plan, run));
  }
  return pending;
}

size_t default_at_once(const std::vector<Job>& jobs) {
  int64_t threads = 1;
  for (const Job& job : jobs) threads = std::max(threads, job.threads);
  return std::max<size_t>(1, std::thread::hardware_concurrency() / static_cast<size_t>(threads));
}

std::vector<Result> work(const Pending& pending, size_t at_once) {
  Progress progress(pending.names, style_of_stdout(), std::cout, real_surroundings());
  return run_workers(worker_program(), pending.jobs, at_once, progress);
}

/// What the files say of each run of the plan.
std::vector<report::RunOutcome> outcomes(const Plan& plan, const fs::path& out) {
  std::vector<report::RunOutcome> all;
  for (const Run& run : plan.runs) {
    const RunFolder folder(out / run.folder());
    report::RunOutcome outcome{run.variant, run.seed, std::nullopt, folder.failure()};
    try {
      if (folder.state() == RunState::done) outcome = report::read_run(folder.log());
    } catch (const Error& error) {
      outcome.failure = error.what();
    }
    outcome.variant = run.variant;
    outcome.seed = run.seed;
    all.push_back(std::move(outcome));
  }
  return all;
}

/// One line a run: its folder, and what is in it for people.
void list_written(const Plan& plan, const fs::path& out) {
  fmt::print("\nwritten:\n");
  for (const char* file : {"comparison.txt", "comparison.csv", "results.h5"}) fmt::print("  {}\n", (out / file).string());
  if (plan.runs.size() > most_runs_listed) return fmt::print("  {}\n", (out / "*/log.h5").string());
  for (const Run& run : plan.runs) {
    const RunFolder folder(out / run.folder());
    if (folder.state() != RunState::done) continue;
    std::vector<std::string> pictures;
    for (const auto& entry : fs::directory_iterator(folder.path()))
      if (entry.path().extension() == ".png") pictures.push_back(entry.path().filename().string());
    std::sort(pictures.begin(), pictures.end());
    fmt::print("  {}{}{}\n", folder.log().string(), pictures.empty() ? "" : "  with ", join(pictures));
  }
}

/// Prints the comparison and writes it beside the runs. The exit code it deserves.
int compare_runs(const Plan& plan, const fs::path& out) {
  const auto runs = outcomes(plan, out);
  const report::Comparison comparison = report::compare(runs);
  write_atomically(out / "comparison.txt", report::comparison_text(comparison));
  write_atomically(out / "comparison.csv", report::comparison_csv(comparison));
  const size_t width = isatty(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO, 0) : 0;
  fmt::print("\n{}", report::comparison_text(comparison, width));
  merge_results(out);
  list_written(plan, out);
  const bool all_finished =
      std::all_of(runs.begin(), runs.end(), [](const auto& run) { return run.summary.has_value(); });
  return all_finished && comparison.above_exact.empty() ? 0 : 1;
}

bool is_done(const Result& result) { return result.outcome == Outcome::done; }

bool was_cut_short(const Result& result) {
  return result.outcome == Outcome::stopped || result.outcome == Outcome::not_started;
}

/// What a user would not see in the experiment file, but which makes runs new.
void tell_changes(const Plan& plan, const fs::path& out) {
  if (!fs::exists(out / "plan.json")) return;
  try {
    for (const std::string& sentence : hidden_changes(read_plan(out / "plan.json"), plan))
      fmt::print("since the last time, {}: its runs are done again\n", sentence);
  } catch (const Error&) {
    // A plan of another version of the program: the runs' names still tell which are done.
  }
}

void announce(const Plan& plan, const Pending& pending, size_t at_once, const fs::path& out) {
  const std::string runs = counted(plan.runs.size(), "run");
  if (pending.jobs.empty())
    return fmt::print("{}: nothing to do: {} finished, in {}\n", plan.experiment,
                      plan.runs.size() == 1 ? "the run is" : "all " + runs + " are", out.string());
  fmt::print("{}: {}, {} at once, in {}\n", plan.experiment, runs, at_once, out.string());
  if (pending.finished_before > 0) fmt::print("finished before: {}\n", counted(pending.finished_before, "run"));
}

}  // namespace

void check_worker() {
  if (access(worker_program().c_str(), X_OK) != 0)
    throw Error(fmt::format("{}: the worker program is missing; expected it beside elbo; build or install it",
                            worker_program().string()));
}

void store_plan(const Plan& plan, const fs::path& out) {
  tell_changes(plan, out);
  write_atomically(out / "experiment.toml", plan.experiment_toml);
  write_plan(plan, out / "plan.json");
}

int run_plan(const Plan& plan, const fs::path& out, const RunOptions& options) {
  check_worker();
  const Pending pending = pending_runs(plan, out, options.failed_too);
  const size_t at_once = std::min(options.jobs ? options.jobs : default_at_once(pending.jobs), std::max<size_t>(1, pending.jobs.size()));
  announce(plan, pending, at_once, out);
  if (!pending.jobs.empty() && options.remarks) fmt::print("{}", options.remarks());
  std::fflush(stdout);  // the progress display writes to std::cout

  const auto results = work(pending, at_once);
  const bool any_done = pending.finished_before > 0 || std::any_of(results.begin(), results.end(), is_done);
  const bool stopped = std::any_of(results.begin(), results.end(), was_cut_short);
  const int code = any_done || !stopped ? compare_runs(plan, out) : 0;
  if (!stopped) return code;
  fmt::print("\nstopped; the same command goes on from here: {}\n", options.command);
  return StopSignals::first() == SIGINT ? interrupted : ExitCode::again;
}

}  // namespace elbo::cli
