// Which runs are seeds of one variant, which are copies, and what each variant is called.
#pragma once
#include <nlohmann/json.hpp>
#include <vector>

#include "report/read_runs.hpp"

namespace elbo::report {

struct LoadedRun {
  RunOutcome run;
  nlohmann::ordered_json plan{};  // as the log stores it; no object when there is none
};

/// Groups by settings. Runs with the same settings and seed but other numbers (of another build of the program, say)
/// are other variants; those of one experiment's folder stay together.
LoadedRuns group_variants(std::vector<LoadedRun> all);

}  // namespace elbo::report
