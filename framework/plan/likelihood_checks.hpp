// What in the likelihoods of runs, or of their columns, does not suit the training data.
#pragma once
#include <string>

#include "plan/plan.hpp"
#include "plan/run.hpp"

namespace elbo::host {

/// What `elbo run` and `elbo check` print before anything is trained: for each data set of the plan its summary, and for each likelihood
/// what does not suit it. Reads the training data. Throws UserError when they cannot be read.
std::string likelihood_checks(const Plan& plan, plugins::Registry& registry);

/// The same of one run, a sentence a line, without the names of other likelihoods: what its log keeps.
std::string likelihood_checks(const Run& run, const data::Dataset& dataset);

}  // namespace elbo::host
