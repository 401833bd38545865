// The words of `elbo status`.
#pragma once
#include <string>

#include "launch/experiment_status.hpp"

namespace elbo::launch {

/// "gaussian seed 1"; the seed only where there are several.
std::string display_name(const std::string& variant, int64_t seed, bool one_seed);

/// "12 runs: 8 done, 1 failed, 2 running, 1 waiting"
std::string counts_text(const ExperimentStatus& status);
/// The counts, then a line for each run that is running, was interrupted or failed; at most `most_lines` of a kind.
std::string status_text(const ExperimentStatus& status, size_t most_lines);
/// {"experiment", "counts": {...}, "runs": [{"variant", "seed", "id", "folder", "phase", ...}]}
std::string status_json(const ExperimentStatus& status);

}  // namespace elbo::launch
