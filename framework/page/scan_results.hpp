// What lies in a folder of results: runs in every state, and files that are no runs.
#pragma once
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "report/comparison.hpp"

namespace elbo::host::page {

/// A log that can be read, finished or not.
struct FoundLog {
  std::filesystem::path path;
  std::string variant;  // as the comparison calls it
  int64_t seed = 1;
  std::string status;  // of the log: "completed", "running", "killed", ...
};

/// A run or a file of which there are no results, and why.
struct Problem {
  std::string what, state,
      why;  // "b, seed 2"; "failed", "not begun", "running", "interrupted", "not a log", ...; a sentence
};

struct ScanResults {
  std::string experiment, description, experiment_toml;  // empty where the folder does not say
  std::vector<report::RunOutcome> outcomes;
  std::vector<FoundLog> logs;
  std::vector<Problem> problems;
  std::vector<std::string> notes;  // of the logs, as in report::LoadedRuns
};

/// Looks through the folder and all below it; whatever is damaged becomes a problem. Throws UserError when there is no such
/// folder, or nothing of elbo in it. With `only`, the logs of runs in other folders are left out, and a note says how many.
ScanResults scan(const std::filesystem::path& folder, const std::set<std::filesystem::path>& only = {});

}  // namespace elbo::host::page
