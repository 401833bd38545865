// runs.csv: every run of an experiment as a row, for pandas and its like.
#pragma once
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "report/results/variant_row.hpp"

namespace elbo::host::report {

/// Variant, seed, folder, state, why a run is not ranked, every setting in which runs differ or that a sweep or a search varies, and every number of the summaries. A run without
/// a value has an empty field. `plans` are the runs' own (Run as JSON), in the same order.
std::string runs_csv(const std::vector<RunOutcome>& runs, const std::vector<nlohmann::ordered_json>& plans);

}  // namespace elbo::host::report
