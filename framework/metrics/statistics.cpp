#include "metrics/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace elbo::host {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? nan : sum / static_cast<double>(values.size());
}

double standard_error(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const auto n = static_cast<double>(values.size());
  return values.size() < 2 ? nan : std::sqrt(squares / (n - 1) / n);
}

double quantile_of(std::vector<double> values, double share) {
  if (values.empty()) return nan;
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max(rank, 1.0)) - 1;
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double count_non_finite(const std::vector<double>& values) {
  return static_cast<double>(std::count_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); }));
}

std::vector<double> first_of(const std::vector<double>& values, size_t count) {
  return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(std::min(count, values.size()))};
}

std::vector<double> difference_of(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> d(std::min(a.size(), b.size()));
  for (size_t i = 0; i < d.size(); ++i) d[i] = a[i] - b[i];
  return d;
}

}  // namespace elbo::host
