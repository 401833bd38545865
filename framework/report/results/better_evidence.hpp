// log p(x) that `elbo evaluate` measured after a run, where that says more than what the run ended with.
#pragma once
#include "report/results/variant_row.hpp"

namespace elbo::host::report {

/// Where evaluation.h5 beside the log has log p(x) by a ladder of estimators and the log has importance weights or none, its numbers take
/// the place of the log's: of each test data point, in the summary and in the measure key. A file that is damaged or about other data
/// changes nothing.
void take_better_evidence(RunOutcome& run);

}  // namespace elbo::host::report
