// Which likelihoods can score which data.
#pragma once
#include <string>
#include <vector>

#include "plan/questions.hpp"
#include "plugins/registry.hpp"

namespace elbo {

/// Asked anew at each call; those that cannot be used are left out.
ListLikelihoods likelihoods_of(const plugins::Registry& registry);

/// The names of those that score these data as `config` observes them.
std::vector<std::string> fitting(const std::vector<plugins::Description>& likelihoods, const Observation& stored,
                                 const DataConfig& config);

}  // namespace elbo
