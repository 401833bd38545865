// A learning rate that is lowered where the elbo on the validation data has stopped rising, by the rules of torch's ReduceLROnPlateau with
// mode "max" and an absolute threshold.
#pragma once
#include <cstdint>
#include <limits>

#include "experiment/settings.hpp"

namespace elbo::host {

struct Plateau {
  double best = -std::numeric_limits<double>::infinity();  // that counted as better
  int64_t passes_without_better = 0;
  double factor = 1;  // of the learning rate

  /// After a test pass with this elbo on the validation data; one that is nan is never better. `lr` is the rate at a factor of 1.
  void see(double elbo, const ScheduleConfig& config, double lr);
};

}  // namespace elbo::host
