// Whether the numbers of a run can be what they are called: the summary is computed again from the numbers of each test data point,
// and numbers that no probability and no lower bound can reach are refused.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "report/results/variant_row.hpp"

namespace elbo::host::report {

/// What the summary has to hold, as far as the numbers of each test data point and the measure key decide it.
std::map<std::string, double> computed_summary(const RunOutcome& run);

/// The first number of the summary that differs from what the numbers of each test data point give (R15), or the first number that
/// exceeds every log-probability (R16). Of a run whose numbers are as they were stored, before any conversion.
std::optional<Refusal> contradiction(const RunOutcome& run);

/// A plugin whose densities were found not to sum to 1 when the run began (R18): the run's log-likelihoods are none.
std::optional<Refusal> not_normalised(const RunOutcome& run);

inline constexpr const char* invalid_bound_rule = "R17";

/// A lower bound that lies above what it bounds, by more than the error of the paired difference over test data allows (R17):
/// elbo or log p(x) above the exact log p(x), or elbo above log p(x).
std::optional<Refusal> invalid_bound(const RunOutcome& run);

/// The same where the excess is of two standard errors or more, which may be chance.
std::optional<std::string> bound_in_doubt(const RunOutcome& run);

/// Runs with a result, by their places, whose columns of what depends on the test data alone (place in the file, group, exact log p(x),
/// log P(total)) are not those of most other runs on the same test data (R15): their numbers cannot be paired data point by data point.
std::map<size_t, Refusal> of_other_data(const std::vector<RunOutcome>& runs);

/// The first of all rules that keep a run with a result out of every ranking.
std::optional<Refusal> why_not_ranked(const RunOutcome& run);

}  // namespace elbo::host::report
