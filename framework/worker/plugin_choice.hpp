#pragma once
#include <string>
#include <vector>

#include "plan/run.hpp"

namespace elbo::worker {

/// The plugin of a file with settings given as a JSON object; `parts` are the files of the likelihoods within it.
/// Throws UserError when it cannot be loaded.
PluginChoice choice_of_file(const std::string& file, const std::string& settings,
                            const std::vector<std::string>& parts = {});

}  // namespace elbo::worker
