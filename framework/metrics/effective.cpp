#include "metrics/effective.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace elbo::host {

bool one_decides(double effective, int64_t samples) { return samples > 1 && effective < effective_of_one; }

double monte_carlo_error(double effective, int64_t samples) {
  if (samples < 2 || one_decides(effective, samples)) return std::numeric_limits<double>::quiet_NaN();
  const auto k = static_cast<double>(samples);
  return std::sqrt(std::max(0.0, k / effective - 1) / (k - 1));
}

}  // namespace elbo::host
