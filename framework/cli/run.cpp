// elbo run FILE
#include <fmt/format.h>
#include <stdlib.h>

#include <optional>

#include <elbo/error.hpp>

#include "base/cpu_code.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/device.hpp"
#include "cli/engines.hpp"
#include "cli/experiment_arguments.hpp"
#include "cli/likelihood_checks.hpp"
#include "cli/run_plan.hpp"
#include "cli/submit.hpp"
#include "launch/renamed_runs.hpp"
#include "launch/run_folder.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
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
void choose_kernels(const po::variables_map& given) {
  if (!given.count("kernels")) return;
  const auto name = given["kernels"].as<std::string>();
  if (name != "fused" && name != "plain")
    throw UserError("elbo run: --kernels " + name + ": not known; expected fused or plain");
  ::setenv("ELBO_KERNELS", name.c_str(), 1);
}

/// Results that the file calls otherwise by now keep their numbers and get the new names.
void keep_renamed_runs(const Plan& plan, const fs::path& out) {
  std::optional<launch::Jobs> jobs;
  const auto is_queued = [&](const std::string& folder) {
    if (!jobs) jobs = make_engine(stored_engine(out).name)->query(out);
    return jobs->of(folder) != launch::JobState::gone;
  };
  for (const std::string& sentence : launch::rename_known_runs(plan, out, is_queued))
    fmt::print("since the last time, {}: its runs are kept\n", sentence);
}

std::string remarks_on(const Plan& plan, plugins::Registry& registry) {
  const std::string warning = forced_kernels_warning();
  return checks_text(plan, registry) + (warning.empty() ? "" : "warning: " + warning + "\n");
}

}  // namespace

int run(const Arguments& arguments) {
  po::options_description own;
  own.add_options()("out", po::value<std::string>())("kernels", po::value<std::string>())("help", "");
  add_engine_options(own);
  add_device_option(own);
  const auto given = read_arguments("run", arguments, own);
  if (given.count("help")) return fmt::print("{}", run_help), 0;
  choose_kernels(given);
  const EngineChoice engine = engine_of("run", given);
  const auto experiment = read_experiment("run", given);
  plugins::Registry registry(plugin_folders());
  Plan plan = make_plan(experiment, registry);
  choose_device("run", given, plan);

  const fs::path out =
      given.count("out") ? fs::path(given["out"].as<std::string>()) : fs::path("runs") / slug(plan.experiment);
  check_worker();
  if (engine.is_local()) check_devices(plan, out);
  launch::make_output_folder(out);
  const launch::FolderLock lock(out);
  keep_renamed_runs(plan, out);
  store_plan(plan, out);
  if (!engine.is_local()) return submit(plan, out, engine, true);
  store_engine(engine, out);
  return run_plan(
      plan, out,
      {.jobs = engine.resources.throttle, .failed_too = true, .command = same_command(arguments), .remarks = [&] {
         return remarks_on(plan, registry);
       }});
}

}  // namespace elbo::cli
