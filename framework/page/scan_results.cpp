#include "page/scan_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "hdf5/walk.hpp"
#include "launch/status.hpp"
#include "log/layout.hpp"
#include "plan/plan.hpp"
#include "report/results/read_runs.hpp"

namespace elbo::host::page {
namespace fs = std::filesystem;
using report::RunOutcome;
namespace {

/// What elbo itself writes beside logs.
constexpr const char* no_logs[] = {"results.h5",  "evaluation.h5",  "sample.h5",  "reconstruct.h5",
                                   "traverse.h5", "interpolate.h5", "manifold.h5"};

/// Logs by any name, those of runs that go on too.
std::vector<fs::path> hdf5_files(const fs::path& folder) {
  std::vector<fs::path> files;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(folder, options); it != fs::recursive_directory_iterator(); ++it) {
    const std::string name = it->path().filename().string();
    if (it->is_symlink() && it->path().filename() == "log.h5")
      continue;  // of a run that goes on: the other name says so
    const bool hdf5 = name.ends_with(".h5") || name.ends_with(".hdf5") || name == "log.h5.partial";
    if (hdf5 && std::find(std::begin(no_logs), std::end(no_logs), name) == std::end(no_logs))
      files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string relative_to(const fs::path& folder, const fs::path& file) {
  return file.lexically_relative(folder).string();
}

std::string named(const std::string& variant, int64_t seed) { return fmt::format("{}, seed {}", variant, seed); }

/// Empty when the file is a log that can be read.
std::string complaint_about(const fs::path& file) {
  try {
    log::read_summary(file);
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

/// Of runs that were asked for before, with other settings: they are not among those that the caller compares.
void leave_out_others(const std::set<fs::path>& only, std::vector<fs::path>& files, ScanResults& found) {
  std::set<fs::path> wanted;
  for (const fs::path& run : only) wanted.insert(fs::weakly_canonical(run));
  const size_t left_out = std::erase_if(files, [&](const fs::path& file) {
    return fs::exists(file.parent_path() / "run.json") && !wanted.contains(file.parent_path());
  });
  if (left_out > 0)
    found.notes.push_back(
        fmt::format("{} of former settings in this folder {} not shown; elbo report and elbo compare take all of "
                    "its runs",
                    counted(left_out, "run"), left_out > 1 ? "are" : "is"));
}

void add_logs(const fs::path& folder, const std::set<fs::path>& only, ScanResults& found) {
  std::vector<fs::path> files = hdf5_files(folder);
  if (!only.empty()) leave_out_others(only, files, found);
  h5::walk_in_a_child(files);
  std::vector<fs::path> readable;
  for (const fs::path& file : files) {
    const std::string complaint = complaint_about(file);
    if (complaint.empty()) readable.push_back(file);
    else found.problems.push_back({relative_to(folder, file), "not read", complaint});
  }
  auto loaded = report::read_runs(readable);
  found.outcomes = std::move(loaded.runs);
  found.notes.insert(found.notes.end(), loaded.notes.begin(), loaded.notes.end());
  for (const RunOutcome& run : found.outcomes) found.logs.push_back({run.log, run.variant, run.seed, ""});
  for (FoundLog& log : found.logs) log.status = log::read_summary(log.path).status;
}

std::string why_unfinished(const launch::RunStatus& run) {
  switch (run.phase) {
    case launch::Phase::failed:
      return run.failure;
    case launch::Phase::running:
      return fmt::format("epoch {} of {} is done; the numbers are of what is logged so far", run.progress.epoch,
                         run.run.max_epochs);
    case launch::Phase::interrupted:
      return fmt::format("ended after epoch {} of {} without a result; elbo resume goes on with it", run.progress.epoch,
                         run.run.max_epochs);
    default:
      return "elbo resume begins it";
  }
}

/// Nothing where there is no such file.
nlohmann::ordered_json plan_in(const fs::path& file) {
  return fs::exists(file) ? json_or_discarded(read_file(file)) : nlohmann::ordered_json();
}

/// The runs that the plan asks for and that have no result.
void add_unfinished(const fs::path& folder, ScanResults& found) {
  const launch::ExperimentStatus status = launch::read_status(folder);
  for (const launch::RunStatus& run : status.runs) {
    if (run.phase == launch::Phase::done) continue;
    const std::string name = named(run.run.variant, run.run.seed);
    const std::string state = run.phase == launch::Phase::waiting ? "not begun" : name_of(run.phase);
    found.problems.push_back({name, state, why_unfinished(run)});
    const bool logged = std::any_of(found.logs.begin(), found.logs.end(), [&](const FoundLog& log) {
      return log.path.parent_path().filename() == run.run.folder;
    });
    if (!logged)
      found.outcomes.push_back({.variant = run.run.variant,
                                .seed = run.run.seed,
                                .summary = {},
                                .failure = run.failure,
                                .sweep = report::sweep_in(plan_in(folder / run.run.folder / "run.json"))});
  }
}

void add_plan(const fs::path& folder, ScanResults& found) {
  try {
    if (fs::exists(folder / "experiment.toml")) found.experiment_toml = read_file(folder / "experiment.toml");
    if (fs::exists(folder / "plan.json")) add_unfinished(folder, found);
  } catch (const std::exception& error) {
    found.problems.push_back({"plan.json", "not read", error.what()});
  }
}

/// A log without a result that the plan does not know either.
void add_other_unfinished(const fs::path& folder, ScanResults& found) {
  for (const RunOutcome& run : found.outcomes) {
    if (run.summary) continue;
    const std::string name = named(run.variant, run.seed);
    const bool known =
        std::any_of(found.problems.begin(), found.problems.end(), [&](const Problem& p) { return p.what == name; });
    const auto log =
        std::find_if(found.logs.begin(), found.logs.end(), [&](const FoundLog& l) { return l.path == run.log; });
    if (!known && log != found.logs.end())
      found.problems.push_back(
          {name, log->status,
           relative_to(folder, log->path) + ": " + (run.failure.empty() ? "has no result" : run.failure)});
  }
}

void add_names(ScanResults& found) {
  for (const FoundLog& log : found.logs) {
    const auto plan = json_or_discarded(log::read_summary(log.path).plan_json);
    if (!plan.is_object()) continue;
    found.experiment = member_or(plan, "experiment", "");
    found.description = member_or(plan, "description", "");
    return;
  }
}

}  // namespace

ScanResults scan(const fs::path& given, const std::set<fs::path>& only) {
  std::error_code error;
  if (!fs::is_directory(given, error))
    throw UserError(given.string() + ": is no folder; expected one with the results of elbo run");
  const fs::path folder = fs::weakly_canonical(given);
  ScanResults found;
  add_logs(folder, only, found);
  add_plan(folder, found);
  add_other_unfinished(folder, found);
  add_names(found);
  if (found.outcomes.empty() && found.problems.empty())
    throw UserError(given.string() + ": holds no log of a run and no plan.json; expected the results of elbo run");
  return found;
}

}  // namespace elbo::host::page
