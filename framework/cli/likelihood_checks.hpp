// What `elbo run` and `elbo check` print about data and likelihoods before anything is trained.
#pragma once
#include <string>

#include "plan/plan.hpp"

namespace elbo::cli {

/// For each data set of the plan its summary, and for each likelihood what does not suit it. Reads the training data.
/// Throws UserError when they cannot be read.
std::string checks_text(const Plan& plan, plugins::Registry& registry);

}  // namespace elbo::cli
