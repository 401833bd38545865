#include "metrics/pareto.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace elbo::host {
namespace {

/// Mean of log(1 - b x): minus the shape that fits best when b = -shape / scale is given.
double mean_log(double b, const std::vector<double>& x) {
  double sum = 0;
  for (const double value : x) sum += std::log1p(-b * value);
  return sum / static_cast<double>(x.size());
}

/// The posterior mean of b, by a sum over points between 1 / max x and minus infinity (Zhang & Stephens 2009).
double fitted_b(const std::vector<double>& x) {  // ascending, above 0
  const auto n = static_cast<double>(x.size());
  const int points = 30 + static_cast<int>(std::sqrt(n));
  const double quartile = x[static_cast<size_t>(n / 4 + 0.5) - 1];
  std::vector<double> b, likelihood;
  for (int i = 1; i <= points; ++i) {
    b.push_back(1 / x.back() + (1 - std::sqrt(points / (i - 0.5))) / (3 * quartile));
    const double k = mean_log(b.back(), x);
    likelihood.push_back(n * (std::log(-b.back() / k) - k - 1));
  }
  double sum = 0, weights = 0;
  const double top = *std::max_element(likelihood.begin(), likelihood.end());
  for (size_t i = 0; i < b.size(); ++i) {
    const double weight = std::exp(likelihood[i] - top);
    weights += weight;
    sum += weight * b[i];
  }
  return sum / weights;
}

}  // namespace

int64_t pareto_tail_size(int64_t samples) {
  if (samples < 25) return 0;
  const auto k = static_cast<double>(samples);
  return static_cast<int64_t>(std::ceil(std::min(k / 5, 3 * std::sqrt(k))));
}

double pareto_k(std::span<const double> log_weights) {
  if (log_weights.size() < 6) return std::numeric_limits<double>::quiet_NaN();
  const double top = log_weights.front(), start = std::exp(log_weights.back() - top);
  std::vector<double> x;  // above the start of the tail, largest weight 1, ascending
  for (size_t i = log_weights.size() - 1; i-- > 0;)
    if (const double above = std::exp(log_weights[i] - top) - start; above > 0) x.push_back(above);
  if (!std::isfinite(top)) return std::numeric_limits<double>::quiet_NaN();
  if (x.empty()) return -std::numeric_limits<double>::infinity();
  if (x.size() < 5) return std::numeric_limits<double>::infinity();
  const auto n = static_cast<double>(x.size());
  return (n * mean_log(fitted_b(x), x) + 10 * 0.5) / (n + 10);
}

std::optional<double> share_not_trusted(const std::vector<double>& k_hats) {
  double known = 0, above = 0;
  for (const double k : k_hats)
    if (!std::isnan(k)) ++known, above += k > trusted_k;
  return known > 0 ? std::optional(above / known) : std::nullopt;
}

double trusted_bias(double bias, const std::vector<double>& k_hats) {
  const auto share = share_not_trusted(k_hats);
  return share && *share <= tolerated_share ? bias : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace elbo::host
