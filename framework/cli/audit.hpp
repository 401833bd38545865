// What `elbo run` and `elbo check` say of the data before anything is trained.
#pragma once
#include <string>

#include "plan/plan.hpp"

namespace elbo::cli {

/// For each data set of the plan what it is, and for each likelihood what clashes with that. Reads the training data.
/// Throws UserError when they cannot be read.
std::string audit_text(const Plan& plan, plugins::Registry& registry);

}  // namespace elbo::cli
