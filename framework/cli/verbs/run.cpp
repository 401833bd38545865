// elbo run, resume, and work: the verbs that do runs.
#include <fmt/core.h>
#include <fmt/format.h>

#include <signal.h>
#include <stdlib.h>
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>

#include <elbo/error.hpp>

#include "base/cpu_code.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/finished_runs.hpp"
#include "cli/growing_plan.hpp"
#include "cli/output.hpp"
#include "cli/run_plan.hpp"
#include "cli/schedulers.hpp"
#include "cli/trust.hpp"
#include "launch/protocol.hpp"
#include "launch/run_folder.hpp"
#include "launch/schedulers.hpp"
#include "launch/status.hpp"
#include "launch/workers.hpp"
#include "plan/likelihood_checks.hpp"
#include "plan/run.hpp"
#include "plugins/trust.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using namespace launch;
namespace {

constexpr const char* run_help =
    "elbo run FILE [--out DIR] [--jobs N] [--set KEY=VALUE ...] [--device cuda] [--kernels plain]\n"
    "              [--engine slurm ...]\n"
    "Trains every run of an experiment file and compares them. Finished runs are not run again.\n"
    "  --out DIR        results (default: runs/<experiment>/)\n"
    "  --jobs N         runs at once (default: as many as the cores allow)\n"
    "  --set KEY=VALUE  overrides the file, as in --set train.max_epochs=3; may be repeated\n"
    "  --device NAME    cpu, cuda, or auto: cuda where there is one; as train.device in the file\n"
    "  --kernels plain  libtorch's own operations only, to settle a doubt; slower (default: fused)\n"
    "  --engine NAME    local (default), or slurm: hand the runs to its queue and return\n"
    "  --slurm-args A   for sbatch, as in --slurm-args '--partition=long --time=8:00:00'\n"
    "  --items-per-task M   runs that one job of the queue does, one after the other (default: 1)\n"
    "  --throttle K     jobs of the queue at once (default: as many as it likes)\n";

std::string same_command(const Arguments& arguments) {
  std::string command = "elbo run";
  for (const std::string& word : arguments) {
    const bool plain = !word.empty() && word.find_first_of(" \t\n\"'\\$`*?[](){}<>|&;#~!") == std::string::npos;
    command += plain ? " " + word : " '" + word + "'";
  }
  return command;
}

/// Workers inherit the choice; their logs record it.
void choose_kernels(const ParsedArguments& given) {
  if (!given.count("kernels")) return;
  const auto name = given["kernels"].as<std::string>();
  if (name != "fused" && name != "plain")
    throw UserError("elbo run: --kernels " + name + ": not known; expected fused or plain");
  ::setenv("ELBO_KERNELS", name.c_str(), 1);
}

/// Results that the file calls otherwise by now keep their numbers and get the new names.
void keep_renamed_runs(const Plan& plan, const fs::path& out) {
  std::optional<Jobs> jobs;
  const auto is_queued = [&](const std::string& folder) {
    if (!jobs) jobs = make_engine(stored_engine(out).name)->query(out);
    return jobs->of(folder) != JobState::gone;
  };
  for (const std::string& sentence : rename_known_runs(plan, out, is_queued))
    print("since the last time, {}: its runs are kept\n", sentence);
}

/// Two names may come to one folder.
void must_be_of(const Plan& plan, const fs::path& folder) {
  const fs::path file = folder / "plan.json";
  if (!fs::exists(file)) return;
  if (const std::string other = read_plan(file).experiment; other != plan.experiment)
    throw UserError(
        fmt::format("{}: holds the experiment '{}'; expected '{}', or nothing yet; name another folder by "
                    "--out, or this one, if it is the same experiment under a new name",
                    folder.string(), other, plan.experiment));
}

std::string remarks_on(const Plan& plan, plugins::Registry& registry) {
  const std::string warning = forced_kernels_warning();
  return likelihood_checks(plan, registry) + (warning.empty() ? "" : "warning: " + warning + "\n");
}

// ------------------------------------------------------------------------------------------------- resume

constexpr const char* resume_help =
    "elbo resume DIR [--failed] [--jobs N] [--device NAME] [--cancel]\n"
    "Goes on with the experiment in a folder: all runs of its plan that are not done, have not failed and are in "
    "nobody's\n"
    "hands; where it was begun, here or in the queue. Safe at any time, by anybody, after anything.\n"
    "  --failed  the failed runs as well\n"
    "  --jobs N  runs at once on this machine (default: as when it was begun)\n"
    "  --device  cpu, cuda or auto, for what is still to be done; runs go on wherever they began\n"
    "  --cancel  take back what is queued, or stop what is running, instead\n"
    "  --next-look  what a queue calls after the runs of a look (seeds until decided) or a rung (halving): submit "
    "those that it adds\n";

/// What a queue calls when the runs of a look have ended (--next-look): submits those that the look adds. A run that was lost is not submitted
/// again here, or a job that always dies would be for ever.
int submit_next_look(Plan& plan, const fs::path& out, const EngineChoice& engine) {
  const auto lost = std::count_if(plan.runs.begin(), plan.runs.end(), [&](const Run& run) {
    const RunState state = RunFolder(out / run.folder()).state();
    return state != RunState::done && state != RunState::failed;
  });
  merge_results(out);
  if (lost == 0) return submit(plan, out, engine, false);
  print("{}: {} of this look have not ended, so it is not taken; elbo resume {} submits them\n", plan.experiment,
        counted(static_cast<size_t>(lost), "run"), out.string());
  return ExitCode::failed;
}

// ------------------------------------------------------------------------------------------------- work
// What a job of a queue calls; not meant to be typed.

constexpr const char* work_help =
    "elbo work BATCH --task T [--items-per-task M]\n"
    "What a job of a queue calls: does the T-th share of the runs in a batch.\n";

/// Time is up, but not for good. After SIGTERM nothing is asked: whoever sent it has decided, or starts it again itself.
void ask_for_another_turn() {
  const char* job = std::getenv("SLURM_JOB_ID");
  if (!job || StopSignals::first() != SIGUSR1) return;
  try {
    run_to_end({"scontrol", "requeue", job}, std::chrono::seconds(30));
  } catch (const Error& error) {
    print_error("elbo: {}\n", error.what());  // elbo resume will submit it
  }
}

int run(const Arguments& arguments) {
  Options own;
  own.add_options()("out", po::value<std::string>())("kernels", po::value<std::string>());
  add_engine_options(own);
  add_device_option(own);
  const auto words = read_experiment_words("run", run_help, arguments, own);
  if (!words) return 0;
  const ParsedArguments& given = *words;
  choose_kernels(given);
  const EngineChoice engine = engine_of("run", given);
  plugins::Registry registry(plugin_folders());
  Plan plan = make_plan(read_experiment("run", given), registry);
  choose_device("run", given, plan);

  const fs::path out =
      given.count("out") ? fs::path(given["out"].as<std::string>()) : fs::path("runs") / slug(plan.experiment);
  if (!given.count("out")) must_be_of(plan, out);
  check_worker();
  if (engine.is_local()) check_devices(plan, out);
  make_output_folder(out);
  const FolderLock lock(out);
  std::set<fs::path> libraries;
  for (const Run& run : plan.runs)
    for_each_library(run, [&](const char*, const PluginChoice& choice) { libraries.insert(choice.path); });
  std::for_each(libraries.begin(), libraries.end(), plugins::trust);
  keep_looks(plan, out);
  keep_renamed_runs(plan, out);
  store_engine(engine, out);  // first: whatever happens to the submission, elbo resume goes on where it was begun
  store_plan(plan, out);
  if (!engine.is_local()) return submit(plan, out, engine, true);
  return run_plan(
      plan, out,
      {.jobs = engine.resources.throttle, .failed_too = true, .command = same_command(arguments), .remarks = [&] {
         return remarks_on(plan, registry);
       }});
}

int resume(const Arguments& arguments) {
  Options own;
  own.add_options()("failed", "")("cancel", "")("next-look", "")("jobs", po::value<int64_t>());
  add_device_option(own);
  add_trust_option(own);
  const auto given = read_folder_words("resume", std::string(resume_help) + trust_help, arguments, own);
  if (!given) return 0;
  const auto out = folder_of("resume", *given);
  Plan plan = read_plan(out / "plan.json");
  must_trust(plan, out / "plan.json", *given);
  choose_device("resume", *given, plan);
  const EngineChoice engine = stored_engine(out);
  if (given->count("cancel")) return make_engine(engine.name)->cancel(out), 0;
  const int64_t jobs = jobs_of("resume", *given, engine);
  const FolderLock lock(out);
  if (given->count("next-look") && !engine.is_local()) return submit_next_look(plan, out, engine);
  if (!engine.is_local()) return submit(plan, out, engine, given->count("failed") > 0);
  check_devices(plan, out);
  check_data(plan, out);
  return run_plan(plan, out,
                  {.jobs = jobs, .failed_too = given->count("failed") > 0, .command = "elbo resume " + out.string()});
}

int work(const Arguments& arguments) {
  Options own;
  own.add_options()("task", po::value<size_t>()->default_value(0))("items-per-task",
                                                                   po::value<int64_t>()->default_value(1));
  const auto given = read_folder_words("work", work_help, arguments, own);
  if (!given) return ExitCode::done;
  const JobBatch batch = read_batch(folder_of("work", *given));
  const JobBatch task =
      batch.of_task((*given)["task"].as<size_t>(), std::max<int64_t>(1, (*given)["items-per-task"].as<int64_t>()));
  const Submission end = Local(worker_program(), ProgressDisplay::Style::plain).submit(task, {.throttle = 1});
  if (end.stopped) return ask_for_another_turn(), ExitCode::again;
  return end.failed ? ExitCode::failed : ExitCode::done;
}

}  // namespace

std::vector<Verb> verbs_of_run() {
  return {
      {"run", "FILE", "train every run of an experiment file and compare them", run, 10},
      {"resume", "DIR", "go on with the experiment in a folder, here or in its queue", resume, 210},
      {"work", nullptr, nullptr, work, 0},  // called by jobs, not by people
  };
}

}  // namespace elbo::host::cli
