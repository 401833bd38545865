// What an objective says of itself before anything runs. Free of torch: the host reads it for plans, explanations and logs.
#pragma once
#include <cstdint>
#include <string>

namespace elbo {

/// One named term, in nats per data point.
struct ObjectiveTerm {
  std::string name;     // "kl"
  double weight = 1;    // in an epoch, with its sign
  std::string formula;  // "KL(q(z|x) || p(z))"; p(x|z), q(z|x) and p(z) are replaced by the names of a run's plugins
};

/// A number that changes with the epoch, beside the weights: the log has a column of it.
struct Scheduled {
  std::string name;  // "beta"
  double value = 0;
  std::string meaning;
};

}  // namespace elbo
