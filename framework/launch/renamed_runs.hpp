// Runs that a plan calls otherwise than the files of the experiment do: a name decides no result, so nothing is trained again.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace elbo::launch {

/// Renames the folders of the plan's runs that are there under a former name, and corrects the names in their files. Returns a
/// sentence for each change of a name. Throws UserError when such a run is at work just now: `is_queued` says so of the folder
/// of a run that waits in a queue.
std::vector<std::string> rename_known_runs(const Plan& plan, const std::filesystem::path& out,
                                           const std::function<bool(const std::string& folder)>& is_queued);

}  // namespace elbo::launch
