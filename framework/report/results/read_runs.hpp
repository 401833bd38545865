// Logs of runs, found and read, and taken apart: which are seeds of one variant, which are copies, and what each variant is called.
#pragma once
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "report/results/variant_row.hpp"

namespace elbo::host::report {

/// Every log that the words name: a file itself; below a folder, behind links too, and of what a pattern matches each log.h5, or
/// log.h5.partial where a run has not come to its end; each once, sorted. Throws UserError for a word that names none.
std::vector<std::filesystem::path> logs_named(const std::vector<std::string>& words);

/// By the plan of a run; the name is equal for the points of one sweep of one experiment. None of a sweep over nothing but how models are
/// evaluated or logged, whose points are one model.
SweepOf sweep_in(const nlohmann::ordered_json& plan);

/// The summary and the bounds of each test data point. Throws Error: not a log, or damaged.
RunOutcome read_run(const std::filesystem::path& log);

/// A log that says nothing which another one does not.
struct Copy {
  std::filesystem::path log, of;
};

/// Every log that was asked for is in one of the lists.
struct LoadedRuns {
  std::vector<RunOutcome> runs;    // a log that cannot be read is a failed one
  std::vector<Copy> copies;        // the same settings and seed, and the same numbers in every digit
  std::vector<std::string> notes;  // how variants differ that share a name; former names; a copy each
};

struct LoadedRun {
  RunOutcome run;
  nlohmann::ordered_json plan{};  // as the log stores it; no object when there is none
};

/// All that decides the result of a run, but the seed, by its plan; empty where that is none.
std::string settings_of(const nlohmann::ordered_json& plan);

/// Groups by settings. Runs with the same settings and seed but other numbers (of another build of the program, say)
/// are other variants; those of one experiment's folder stay together.
LoadedRuns group_variants(std::vector<LoadedRun> all);

/// All of them. Runs with the same settings are the seeds of one variant, whichever experiment they belong to and whatever it was
/// called there; the newest log has the name. Variants of one name and different settings are told apart by their experiment, or
/// by a number.
LoadedRuns read_runs(const std::vector<std::filesystem::path>& logs);

}  // namespace elbo::host::report
