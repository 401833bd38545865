#pragma once
#include <string>

namespace elbo::worker {

/// Prints in a JSON object what train.device = "<wanted>" is on this computer, and returns an exit code. Throws UserError where it cannot
/// be had.
int device(const std::string& wanted);

}  // namespace elbo::worker
