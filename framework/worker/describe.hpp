#pragma once
#include <string>
#include <vector>

namespace elbo::worker {

/// Loads each plugin and prints one JSON array with an object for each: what plugins/description_json.hpp reads, or
/// {"error": sentence}.
/// What the plugins print themselves goes to standard error. Returns the exit code.
int describe(const std::vector<std::string>& files);

}  // namespace elbo::worker
