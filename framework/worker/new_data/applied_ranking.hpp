// The rows of new data in the order of their numbers, and against the run's own test data.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "worker/new_data/applied_rows.hpp"

namespace elbo::host::worker {

/// The name of the best number that there is of each row: log_px, elbo, or reconstruction.
std::string ranked_by(const AppliedRows& rows);

/// Places of the scored rows, lowest value first; those that are NaN come last.
std::vector<size_t> order_of(const std::vector<double>& values);

/// The number of that name of each of the run's own test data, sorted, without those that have none.
std::vector<double> of_test_data(const std::filesystem::path& log, const std::string& name);

/// Adds the columns `rank` and, where `own` has the run's own test data, `test_below`.
void add_ranks(AppliedRows& rows, const std::string& by, const std::vector<double>& own);

/// Of how many rows log p(x) is only a lower bound.
size_t not_trusted(const AppliedRows& rows);
/// Of how many rows one of so many samples decides log p(x), so that it has no error.
size_t decided_by_one(const AppliedRows& rows, int64_t samples);

}  // namespace elbo::host::worker
