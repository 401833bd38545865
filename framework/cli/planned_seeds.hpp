// Seeds that were planned beside those that are compared: one that is left out may be the one that went wrong.
#pragma once
#include <vector>

#include "report/variant_row.hpp"

namespace elbo::cli {

/// For each variant of the runs: the other seeds with the same settings that the experiments' plan.json, or run folders beside
/// the logs, know of, without a summary and with what became of them.
std::vector<report::RunOutcome> planned_but_absent(const std::vector<report::RunOutcome>& runs);

}  // namespace elbo::cli
