#pragma once
#include <string>
#include <vector>

namespace elbo::worker {

/// Trains each run (as JSON) for a few steps on a few data points. Prints a JSON array with one answer a run: {"digest": text}, which is the same
/// for runs that came to the same numbers, or {"fault": sentence} for a run that cannot be trained.
int first_steps(const std::vector<std::string>& runs);

}  // namespace elbo::worker
