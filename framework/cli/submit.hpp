// A plan handed to a queue.
#pragma once
#include "cli/engines.hpp"
#include "plan/plan.hpp"

namespace elbo::cli {

/// Hands over what is still to be done and returns. The exit code of the program. The folder's lock is the caller's to hold.
int submit(const Plan& plan, const std::filesystem::path& out, const EngineChoice& choice, bool failed_too);

}  // namespace elbo::cli
