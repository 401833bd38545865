#include "evidence/weights.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "metrics/pareto.hpp"

namespace elbo::host {

WeightSummary summarise(std::span<const double> log_weights) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> w(log_weights.begin(), log_weights.end());
  for (double& value : w)
    if (std::isnan(value)) value = -infinity;
  const auto k = static_cast<double>(w.size());
  WeightSummary s{.samples = static_cast<int64_t>(w.size()), .pareto_k = std::numeric_limits<double>::quiet_NaN()};
  const double top = w.empty() ? -infinity : *std::max_element(w.begin(), w.end());
  s.log_mean = top;
  if (!std::isfinite(top)) return s;
  double sum = 0, squares = 0;
  for (const double value : w) {
    const double scaled = std::exp(value - top);
    sum += scaled;
    squares += scaled * scaled;
  }
  s.log_mean = top + std::log(sum / k);
  s.effective = sum * sum / squares;
  const double cv2 = k > 1 ? std::max(0.0, k / s.effective - 1) * k / (k - 1) : 0;
  s.standard_error = std::sqrt(cv2 / k);
  s.bias = -cv2 / (2 * k);
  if (const int64_t tail = pareto_tail_size(s.samples); tail > 0) {
    const auto end = w.begin() + static_cast<std::ptrdiff_t>(tail) + 1;
    std::partial_sort(w.begin(), end, w.end(), std::greater<>());
    s.pareto_k = elbo::host::pareto_k({w.begin(), end});
  }
  return s;
}

double pareto_k_limit(int64_t samples) { return std::min(1 - 1 / std::log10(static_cast<double>(samples)), trusted_k); }

bool is_trusted(const WeightSummary& w, double least_effective) {
  return w.pareto_k < pareto_k_limit(w.samples) && w.effective >= least_effective;
}

}  // namespace elbo::host
