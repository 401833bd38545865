#include "cli/run_plan.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <set>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/growing_plan.hpp"
#include "cli/output.hpp"
#include "cli/schedulers.hpp"
#include "launch/run_folder.hpp"
#include "launch/schedulers.hpp"
#include "launch/status.hpp"
#include "launch/workers.hpp"
#include "page/page.hpp"
#include "plan/plan.hpp"
#include "report/comparison.hpp"
#include "report/results/runs_csv.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
using namespace launch;
namespace {

constexpr int interrupted = 130;  // as a shell says of a program that Ctrl-C ended
constexpr size_t most_runs_listed = 12;

struct PendingRuns {
  std::vector<std::string> runs;  // their folders, made ready for a worker
  size_t done = 0, alive = 0, failed = 0;
};

/// Plan - done - alive (- failed, unless failed_too). Throws Error when a run is in question and the engine did not answer:
/// it may well be alive.
PendingRuns pending_runs(const Plan& plan, const std::filesystem::path& out, const Jobs& jobs, bool failed_too) {
  PendingRuns pending;
  std::vector<const Run*> open;
  for (const Run& run : plan.runs) {
    const std::string name = run.folder();
    const RunFolder folder(out / name);
    const RunState state = folder.state();
    const JobState job = jobs.of(name);
    if (state == RunState::done) ++pending.done;
    else if (job == JobState::waiting || job == JobState::running || job == JobState::held || is_locked(folder.path()))
      ++pending.alive;
    else if (state == RunState::failed && !failed_too) ++pending.failed;
    else if (job == JobState::unknown)
      throw Error(
          jobs.silence +
          "; its jobs are unknown, so nothing was submitted and nothing is taken for finished; try again later");
    else open.push_back(&run);
  }
  for (const Run* run : open) {
    pending.runs.push_back(run->folder());
    RunFolder(out / pending.runs.back()).prepare(to_json(*run).dump(2) + "\n");
  }
  return pending;
}

/// Jobs that are held count as alive, but would never start.
void release_held(Engine& engine, const Jobs& jobs) {
  if (jobs.held.empty()) return;
  const std::string what = jobs.held_jobs();
  try {
    engine.release(jobs);
    print("released: {}\n", what);
  } catch (const Error& error) {
    throw Error(fmt::format(
        "{}; expected to release {}; ask the administrator of the queue, or take the jobs back by elbo resume --cancel",
        error.what(), what));
  }
}

/// One line a run: its folder, and what is in it for people.
void list_written(const Plan& plan, const fs::path& out) {
  print("\nwritten:\n");
  for (const char* file : {"comparison.txt", "comparison.csv", "runs.csv", "results.h5"})
    print("  {}\n", (out / file).string());
  if (plan.runs.size() > most_runs_listed) return print("  {}\n", (out / "*/log.h5").string());
  for (const Run& run : plan.runs) {
    const RunFolder folder(out / run.folder());
    if (folder.state() != RunState::done) continue;
    std::vector<std::string> pictures;
    for (const auto& entry : fs::directory_iterator(folder.path()))
      if (entry.path().extension() == ".png") pictures.push_back(entry.path().filename().string());
    std::sort(pictures.begin(), pictures.end());
    print("  {}{}{}\n", folder.log().string(), pictures.empty() ? "" : "  with ", join(pictures));
  }
}

/// The page of all results. False, in words, where it cannot be written: the runs are done all the same.
bool write_page(const Plan& plan, const fs::path& out) {
  try {
    std::set<fs::path> runs;
    for (const Run& run : plan.runs) runs.insert(out / run.folder());
    page::write_report(out, out / "report.html", ELBO_VERSION, runs);
    print("\nreport: {}\n", (out / "report.html").string());
    return true;
  } catch (const Error& error) {
    print_error("elbo: there is no report: {}\n", error.what());
    return false;
  }
}

/// Prints the comparison and writes it beside the runs. The exit code it deserves.
int compare_runs(const Plan& plan, const fs::path& out) {
  const auto runs = outcomes(plan, out);
  const report::Comparison comparison = report::compare(runs);
  write_atomically(out / "comparison.txt", report::comparison_text(comparison));
  write_atomically(out / "comparison.csv", report::comparison_csv(comparison));
  std::vector<nlohmann::ordered_json> plans;
  for (const Run& run : plan.runs) plans.push_back(to_json(run));
  write_atomically(out / "runs.csv", report::runs_csv(runs, plans));
  print("\n{}", report::comparison_text(comparison, terminal_width(STDOUT_FILENO, 0)));
  merge_results(out);
  list_written(plan, out);
  const bool has_page = write_page(plan, out);
  const bool all_finished =
      std::all_of(runs.begin(), runs.end(), [](const auto& run) { return run.summary.has_value(); });
  return all_finished && has_page && !comparison.has_faults() ? 0 : 1;
}

/// What a user would not see in the experiment file, but which makes runs new.
void tell_changes(const Plan& plan, const fs::path& out) {
  if (!fs::exists(out / "plan.json")) return;
  try {
    for (const std::string& sentence : hidden_changes(read_plan(out / "plan.json"), plan))
      print("since the last time, {}: its runs are done again\n", sentence);
  } catch (const Error&) {
    // A plan of another version of the program: the runs' names still tell which are done.
  }
}

void announce(const Plan& plan, const PendingRuns& pending, size_t at_once, const fs::path& out) {
  const std::string runs = counted(plan.runs.size(), "run");
  if (pending.done == plan.runs.size())
    return print("{}: nothing to do: {} finished, in {}\n", plan.experiment,
                 plan.runs.size() == 1 ? "the run is" : "all " + runs + " are", out.string());
  print("{}: {}, {} at once, in {}\n", plan.experiment, runs, at_once, out.string());
  if (pending.done > 0) print("finished before: {}\n", counted(pending.done, "run"));
  if (pending.alive > 0) print("left to others who are at it: {}\n", counted(pending.alive, "run"));
  if (pending.failed > 0) print("failed before: {}\n", counted(pending.failed, "run"));
}

bool any_done(const Plan& plan, const fs::path& out) {
  return std::any_of(plan.runs.begin(), plan.runs.end(),
                     [&](const Run& run) { return RunFolder(out / run.folder()).state() == RunState::done; });
}

}  // namespace

void check_worker() {
  if (access(worker_program().c_str(), X_OK) != 0)
    throw Error(fmt::format("{}: the worker program is missing; expected it beside elbo; build or install it",
                            worker_program().string()));
}

void check_data(const Plan& plan, const fs::path& out) {
  std::set<std::string> checked;
  for (const Run& run : plan.runs)
    if (RunFolder(out / run.folder()).state() != RunState::done && checked.insert(run.data_record.fingerprint()).second)
      data::check_planned(run.data, run.data_record);
}

void store_plan(const Plan& plan, const fs::path& out) {
  tell_changes(plan, out);
  write_atomically(out / "experiment.toml", plan.experiment_toml);
  write_plan(plan, out / "plan.json");
}

int run_plan(Plan& plan, const fs::path& out, const RunOptions& options) {
  check_worker();
  const auto engine = make_engine(local_engine);
  grow(plan, out);
  bool stopped = false, is_first = true;
  do {
    const PendingRuns pending = pending_runs(plan, out, engine->query(out), options.failed_too && is_first);
    Resources resources{.throttle = options.jobs};
    for (const Run& run : plan.runs) resources.threads = std::max(resources.threads, run.train.threads);
    if (resources.throttle == 0) resources.throttle = static_cast<int64_t>(runs_at_once(resources.threads));
    announce(plan, pending,
             std::min<size_t>(static_cast<size_t>(resources.throttle), std::max<size_t>(1, pending.runs.size())), out);
    if (is_first && !pending.runs.empty() && options.remarks)
      print("{}", wrapped(options.remarks(), terminal_width(STDOUT_FILENO, 0)));
    std::fflush(stdout);  // the progress display writes to std::cout
    stopped = engine->submit({out, {}, pending.runs}, resources).stopped;
    is_first = false;
  } while (!stopped && grow(plan, out));

  const int code = any_done(plan, out) || !stopped ? compare_runs(plan, out) : 0;
  if (!stopped) return code;
  print("\nstopped; the same command goes on from here: {}\n", options.command);
  return StopSignals::first() == SIGINT ? interrupted : ExitCode::again;
}

int submit(Plan& plan, const std::filesystem::path& out, const EngineChoice& choice, bool failed_too) {
  const auto engine = make_engine(choice.name);
  grow(plan, out);
  const Jobs jobs = engine->query(out);
  const PendingRuns pending = pending_runs(plan, out, jobs, failed_too);
  release_held(*engine, jobs);
  print("{}: {}: {} done, {} queued or running, {} failed\n", plan.experiment, counted(plan.runs.size(), "run"),
        pending.done, pending.alive, pending.failed);
  if (pending.runs.empty()) return print("nothing to submit\n"), 0;
  launch::Resources resources = choice.resources;
  resources.adds_runs = seed_rule_of(plan).has_value() || is_halving(plan);
  for (const Run& run : plan.runs) resources.threads = std::max(resources.threads, run.train.threads);
  const launch::JobBatch batch = launch::write_batch(out, pending.runs);
  const auto submission = engine->submit(batch, resources);
  print("submitted {} runs of {} as {}\nelbo status {} says how far they are; elbo resume {} submits what was lost\n",
        pending.runs.size(), batch.file.filename().string(), join(submission.jobs), out.string(), out.string());
  return 0;
}

}  // namespace elbo::host::cli
