// From what a user names (files, folders, patterns) to the runs they hold.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "report/variant_row.hpp"

namespace elbo::report {

/// Every log that the words name: a file itself; below a folder, behind links too, and of what a pattern matches each log.h5, or
/// log.h5.partial where a run has not come to its end; each once, sorted. Throws UserError for a word that names none.
std::vector<std::filesystem::path> logs_named(const std::vector<std::string>& words);

/// The summary and the bounds of each test datum. Throws Error: not a log, or damaged.
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

/// All of them. Runs with the same settings are the seeds of one variant, whichever experiment they belong to and whatever it was
/// called there; the newest log has the name. Variants of one name and different settings are told apart by their experiment, or
/// by a number.
LoadedRuns read_runs(const std::vector<std::filesystem::path>& logs);

}  // namespace elbo::report
