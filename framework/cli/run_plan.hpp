// What of a plan is still to be done, and how: here and now by worker processes of this computer, or handed to a queue.
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "cli/schedulers.hpp"
#include "launch/schedulers.hpp"
#include "plan/plan.hpp"

namespace elbo::host::cli {

struct RunOptions {
  int64_t jobs = 0;                        // runs at once; 0: as many as the cores allow
  bool failed_too = true;                  // whether runs that failed are tried again
  std::string command;                     // what to type to go on after a stop
  std::function<std::string()> remarks{};  // printed before the first run begins
};

/// Throws Error when there is no worker program to start: before anything is written.
void check_worker();

/// Throws ChangedData when the data of a run that is not done are not those of the plan: in one sentence, before any run is
/// begun and fails of it.
void check_data(const Plan& plan, const std::filesystem::path& out);

/// Writes plan.json and experiment.toml into the folder, after saying which runs are new though their settings are not.
void store_plan(const Plan& plan, const std::filesystem::path& out);

/// Does every run that is not finished, and those that looks at them add to the plan; compares all, writes comparison.* and results.h5. The
/// exit code of the program. The folder's lock is the caller's to hold.
int run_plan(Plan& plan, const std::filesystem::path& out, const RunOptions& options);

/// Hands over what is still to be done, with the runs that looks at the finished ones add to the plan, and returns. The exit code of the
/// program. The folder's lock is the caller's to hold.
int submit(Plan& plan, const std::filesystem::path& out, const EngineChoice& choice, bool failed_too);

}  // namespace elbo::host::cli
