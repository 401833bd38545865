// Plans that grow by what their finished runs have shown: by seeds until something is decided, and by trials that go on to the next rung.
#pragma once
#include <filesystem>
#include <vector>

#include "plan/plan.hpp"
#include "report/results/variant_row.hpp"

namespace elbo::host::cli {

/// What the files say of each run of the plan.
std::vector<report::RunOutcome> outcomes(const Plan& plan, const std::filesystem::path& out);

/// Whether trials are added to the plan by what finished ones have reached.
inline bool is_halving(const Plan& plan) { return !plan.trials.empty(); }

/// Takes every look and every rung that has its runs, records what they decide in plan.json and adds the runs that they ask for. Whether
/// there are any.
bool grow(Plan& plan, const std::filesystem::path& out);

/// Takes over into a plan that is made anew the looks that were taken in the folder. Throws UserError where they were taken by another rule.
void keep_looks(Plan& plan, const std::filesystem::path& out);

}  // namespace elbo::host::cli
