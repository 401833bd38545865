#pragma once
#include <string>

#include "data/dataset.hpp"
#include "plan/run.hpp"

namespace elbo::worker {

/// The summary of the data and what in the run's likelihood does not suit them, one sentence a line: what `elbo check` prints,
/// but without the names of other likelihoods.
std::string checks_of(const Run& run, const data::Dataset& dataset);

}  // namespace elbo::worker
