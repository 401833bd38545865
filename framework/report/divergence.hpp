// Runs whose training came to nothing.
#pragma once
#include <optional>
#include <vector>

#include "report/comparability.hpp"
#include "report/variant_row.hpp"

namespace elbo::report {

/// Why a run's training has diverged: its elbo is finite for no test datum, or lies orders of magnitude below what its likelihood
/// reaches without latents (where the log does not say that: below the best of the other runs on the same measure). Its numbers
/// would ruin the mean of its variant, or hide in it.
std::optional<Refusal> diverged(const RunOutcome& run, const std::vector<RunOutcome>& all);

}  // namespace elbo::report
