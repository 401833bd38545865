// Which likelihoods can score which data.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "experiment/settings.hpp"
#include "plugins/registry.hpp"

namespace elbo {

/// The likelihoods that there are, each described.
using ListLikelihoods = std::function<std::vector<plugins::Description>()>;

/// Asked anew at each call; those that cannot be used are left out.
ListLikelihoods likelihoods_of(const plugins::Registry& registry);

/// The names of those that score these data as `config` observes them.
std::vector<std::string> fitting(const std::vector<plugins::Description>& likelihoods, const Observation& stored,
                                 const DataConfig& config);

}  // namespace elbo
