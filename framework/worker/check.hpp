#pragma once
#include <string>
#include <vector>

namespace elbo::worker {

/// Checks one plugin with settings given as JSON, all properties or `only` one, and prints a JSON object a line:
/// {"expected": names, "process": id} before the plugin is loaded, then {"name", "outcome", "detail", "process"} for each, or {"error": sentence} when the request is
/// at fault. `parts` are the likelihoods within one that contains others. Returns the exit code: 0 when the check itself got to its end.
int check(const std::string& file, const std::string& settings, const std::string& only,
          const std::vector<std::string>& parts);

}  // namespace elbo::worker
