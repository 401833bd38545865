#pragma once
#include <filesystem>

namespace elbo::worker {

/// Does what the request file of `elbo evaluate` asks: writes evaluation.h5 into the folder of each run, prints one JSON
/// object a line for each run, and returns an exit code.
int evaluate(const std::filesystem::path& request);

}  // namespace elbo::worker
