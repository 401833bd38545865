#pragma once
#include <string>

#include "data/dataset.hpp"
#include "plan/run.hpp"

namespace elbo::worker {

/// What the data are and what in the run's likelihood clashes with that, one sentence a line: what `elbo check` prints, but for
/// the names of other likelihoods.
std::string audit_of(const Run& run, const data::Dataset& dataset);

}  // namespace elbo::worker
