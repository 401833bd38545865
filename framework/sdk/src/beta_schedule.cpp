#include "elbo/beta_schedule.hpp"

#include <algorithm>
#include <cmath>

#include "elbo/objective.hpp"

namespace elbo {

double linear_rise(double epoch, int64_t epochs) {
  return epochs > 0 ? std::min(1.0, epoch / static_cast<double>(epochs)) : 1.0;
}

double BetaSchedule::at(double epoch) const {
  if (cycle_epochs == 0) return beta * linear_rise(epoch, warmup_epochs);
  if (std::isinf(epoch)) return beta;
  const double phase = std::fmod(epoch, static_cast<double>(cycle_epochs)) / static_cast<double>(cycle_epochs);
  return beta * std::min(1.0, phase / cycle_rise);
}

std::vector<std::string> BetaSchedule::remarks() const {
  const std::string rises = "beta rises from 0 to " + in_formula(beta);
  if (cycle_epochs > 0)
    return {rises + " in the first " + in_formula(cycle_rise) + " of each " + std::to_string(cycle_epochs) + " epochs"};
  if (warmup_epochs > 0)
    return {rises + " over " + std::to_string(warmup_epochs) + " epochs; the weights are those after it"};
  return {};
}

}  // namespace elbo
