#include "data/grid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace elbo::data {
namespace {

constexpr double steps_above_rounding = 20;

/// Euclid's algorithm; what is smaller than `rounding` counts as 0.
double common_step(double a, double b, double rounding) {
  while (b > rounding) {
    double rest = std::fmod(a, b);
    if (b - rest < rounding) rest = 0;
    a = std::exchange(b, rest);
  }
  return a;
}

}  // namespace

Distinct distinct(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  Distinct found{.values = {}, .counts = {}, .total = static_cast<int64_t>(values.size())};
  for (const float value : values) {
    if (found.values.empty() || value != found.values.back()) {
      found.values.push_back(value);
      found.counts.push_back(0);
    }
    ++found.counts.back();
  }
  return found;
}

std::optional<double> grid_step(const Distinct& found) {
  if (found.values.size() < 3) return {};
  const double low = found.values.front(), high = found.values.back();
  const double rounding = 4 * static_cast<double>(std::numeric_limits<float>::epsilon()) * std::max(std::abs(low), std::abs(high));
  double step = 0;
  for (size_t i = 1; i < found.values.size(); ++i) {
    const double gap = static_cast<double>(found.values[i]) - static_cast<double>(found.values[i - 1]);
    step = common_step(std::max(step, gap), std::min(step, gap), rounding);
    if (step < steps_above_rounding * rounding) return {};
  }
  return (high - low) / std::round((high - low) / step);
}

bool counts_the_rows(const Distinct& found, double step) {
  const auto n = static_cast<double>(found.values.size());
  if (found.total != static_cast<int64_t>(found.values.size()) || n < 20) return false;
  const double places = std::round((static_cast<double>(found.values.back()) - static_cast<double>(found.values.front())) / step) + 1;
  return n * n / (2 * places) > 10;
}

}  // namespace elbo::data
