#pragma once
#include <filesystem>

namespace elbo::worker {

/// Does the run whose plan lies in <folder>/run.json, from where it was left; returns an exit code of launch/protocol.hpp.
int run(const std::filesystem::path& folder);

}  // namespace elbo::worker
