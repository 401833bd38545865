// elbo rerun and recover: the run of a log done again, and a log repaired.
#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <iostream>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/finished_runs.hpp"
#include "cli/output.hpp"
#include "cli/trust.hpp"
#include "data/dataset.hpp"
#include "launch/progress.hpp"
#include "launch/workers.hpp"
#include "log/provenance.hpp"
#include "log/run_log.hpp"
#include "log/upkeep/recover.hpp"
#include "metrics/summary.hpp"
#include "plan/plan.hpp"
#include "plan/run.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

constexpr const char* rerun_help =
    "elbo rerun RESULT.h5 [--out DIR]\n"
    "Does the run of a finished log again, from what the log stores and with the data that it had, and says what "
    "differs:\n"
    "plugins, versions and then the numbers.\n"
    "  --out DIR  results (default: rerun/<the run's folder>/)\n";

/// The same run with the plugins that there are now.
Run as_of_now(const Run& before) {
  plugins::Registry registry(plugin_folders());
  Run now = before;
  for_each_library(now, [&](const char* kind, PluginChoice& choice) {
    const fs::path path = fs::exists(choice.path) ? choice.path : fs::path();
    const plugins::PluginDescription found = registry.describe(registry.find(kind, choice.name, path));
    choice.path = found.found.path;
    choice.sha256 = found.sha256;
  });
  return now;
}

launch::WorkerResult work(const Run& run, const launch::RunFolder& folder) {
  folder.prepare(to_json(run).dump(2) + "\n");
  launch::ProgressDisplay progress({run.variant}, launch::style_of_stdout(), std::cout, launch::real_surroundings());
  const launch::Job job{folder, run.train.threads, run.train.time_limit_seconds};
  return launch::run_workers(worker_program(), {job}, 1, progress).front();
}

void print_surroundings(const log::Origin& before, const log::Origin& now) {
  for (const auto& [name, value] : before.surroundings)
    if (const auto found = now.surroundings.find(name); found == now.surroundings.end() || found->second != value)
      print("differs: {} is {}, was {}\n", name, found == now.surroundings.end() ? "not known" : found->second, value);
}

/// True when every number is the same, bit for bit.
bool print_numbers(const log::RunSummary& before, const log::RunSummary& now) {
  size_t same = 0, different = 0;
  for (const auto& [name, value] : before.values) {
    const auto found = now.values.find(name);
    if (is_of_machine(name) || found == now.values.end()) continue;
    if (std::bit_cast<uint64_t>(found->second) == std::bit_cast<uint64_t>(value)) {
      ++same;
      continue;
    }
    ++different;
    print("differs: {} is {}, was {}\n", name, found->second, value);
  }
  if (different == 0) print("all {} numbers of the summary are the same, bit for bit\n", same);
  return different == 0;
}

// elbo recover FILE...

constexpr const char* recover_help =
    "usage: elbo recover FILE...\n"
    "Repairs the HDF5 log of a run that was killed, so that every program can open it again.\n"
    "All epochs that were complete are kept. Files that need no repair are left as they are.\n";

void report(const std::string& file, const log::Recovery& r) {
  if (r.repaired)
    print("{}: repaired; it holds {}; status is now \"{}\"\n", file, counted(static_cast<size_t>(r.epochs), "epoch"),
          r.status);
  else
    print("{}: needs no repair; it holds {}; status is \"{}\"\n", file, counted(static_cast<size_t>(r.epochs), "epoch"),
          r.status);
}

int rerun(const Arguments& arguments) {
  Options own;
  own.add_options()("out", po::value<std::string>());
  add_trust_option(own);
  const auto given = read_folder_words("rerun", std::string(rerun_help) + trust_help, arguments, own);
  if (!given) return 0;

  const fs::path result = folder_of("rerun", *given);
  const log::Origin origin = log::read_origin(result);
  const Run before = parse_run(origin.plan_json, result.string());
  must_trust(before, result, *given);
  data::check_planned(before.data, before.data_record);
  Run now = as_of_now(before);
  for (const std::string& change : hidden_changes(before, now)) print("differs: {}\n", change);
  std::fflush(stdout);

  const fs::path out =
      given->count("out") ? fs::path((*given)["out"].as<std::string>()) : fs::path("rerun") / now.folder();
  launch::make_output_folder(out);
  const launch::FolderLock lock(out);
  write_atomically(out / "experiment.toml", origin.experiment_toml);
  now.seed_rule.reset();  // it is one run, to which none are added
  write_plan({now.experiment, now.description, origin.experiment_toml, {now}}, out / "plan.json");
  const launch::RunFolder folder(out / now.folder());
  if (folder.state() != launch::RunState::done && work(now, folder).outcome != launch::Outcome::done) return 1;
  print_surroundings(origin, log::read_origin(folder.log()));
  const bool same = print_numbers(log::read_summary(result), log::read_summary(folder.log()));
  print("written: {}\n", folder.log().string());
  return same ? 0 : 1;
}

int recover(const Arguments& arguments) {
  if (arguments.empty())
    throw UserError("elbo recover: no file is named; expected the HDF5 logs of runs; see elbo recover --help");
  if (arguments.front() == "--help" || arguments.front() == "-h") {
    print("{}", recover_help);
    return 0;
  }
  // One bad file does not keep the others from being repaired.
  int code = 0;
  for (const std::string& file : arguments) {
    try {
      report(file, log::recover(file));
    } catch (const Error& error) {
      std::fflush(stdout);
      print_error("elbo: {}\n", error.what());
      const bool is_mistake = dynamic_cast<const UserError*>(&error) != nullptr;  // else the file is damaged
      code = std::max(code, is_mistake ? 2 : 1);
    }
  }
  return code;
}

}  // namespace

std::vector<Verb> verbs_of_rerun() {
  return {
      {"rerun", "LOG", "do the run of a log again, and say what differs", rerun, 230},
      {"recover", "LOG", "repair the HDF5 log of a run that was killed", recover, 240},
  };
}

}  // namespace elbo::host::cli
