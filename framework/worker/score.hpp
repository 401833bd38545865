#pragma once
#include <filesystem>

namespace elbo::worker {

/// Does what the request file of `elbo score` asks, prints one JSON object a line for each run and likelihood, and returns
/// an exit code.
int score(const std::filesystem::path& request);

}  // namespace elbo::worker
