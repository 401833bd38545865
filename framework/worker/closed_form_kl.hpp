#pragma once
#include <string>
#include <vector>

namespace elbo::worker {

/// Prints, as a JSON array, whether the prior of each run (as JSON) has the KL of its encoder's posteriors in closed form, or {"error": sentence}.
int closed_form_kl(const std::vector<std::string>& runs);

}  // namespace elbo::worker
