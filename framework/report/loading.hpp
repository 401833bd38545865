// From what a user names (files, folders, patterns) to the runs they hold.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "report/variant_row.hpp"

namespace elbo::report {

/// Every log.h5 that the words name: a file itself, all below a folder, all that match a pattern; each once, sorted.
/// Throws UserError for a word that names none.
std::vector<std::filesystem::path> logs_named(const std::vector<std::string>& words);

/// The summary and the bounds of each test datum. Throws Error: not a log, or damaged.
RunOutcome read_run(const std::filesystem::path& log);

/// All of them; a log that cannot be read becomes a failed run. Variants of one name and different settings are told
/// apart by their experiment, or by a number.
std::vector<RunOutcome> read_runs(const std::vector<std::filesystem::path>& logs);

}  // namespace elbo::report
