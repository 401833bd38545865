// What differs between a run as it was planned once and as it would be planned now.
#pragma once
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace elbo {

/// A sentence for each difference that the experiment file does not show:
/// "likelihood:gaussian was rebuilt (SHA-256 1f0c2a9b, was 77ab03ce)", "the data have changed".
std::vector<std::string> hidden_changes(const Run& before, const Run& now);
/// Of all runs with the same variant and seed in both; each sentence once.
std::vector<std::string> hidden_changes(const Plan& before, const Plan& now);

}  // namespace elbo
