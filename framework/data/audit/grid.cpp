#include "data/audit/grid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace elbo::host::data {
namespace {

/// A difference of two values, and how far their rounding may have put it off.
struct Step {
  double size = 0, error = 0;
  bool is_told_from_none() const { return size > 20 * error; }
};

/// The largest step of which both are multiples (Euclid), a >= b; one that rounding cannot tell from none where there is no such.
Step common_step(Step a, Step b) {
  while (b.is_told_from_none()) {
    const double times = std::round(a.size / b.size), error = a.error + times * b.error;
    if (error > b.size / 4) return b;  // too far apart to tell
    const double rest = std::abs(a.size - times * b.size);
    if (rest <= error) return a.error < times * b.error ? Step{a.size / times, a.error / times} : b;
    a = std::exchange(b, Step{rest, error});
  }
  return b;
}

/// Relative errors of values that were computed in float32 in a few steps, or printed with 7 digits or 6.
constexpr double roundings[] = {2 * static_cast<double>(std::numeric_limits<float>::epsilon()), 5e-7, 5e-6};

/// The step that takes the value nearest to 0 to all others, the better known the farther they are; nothing where it takes it past
/// one. Values whose own rounding hides the step, as -9999 beside hundredths, are left aside.
std::optional<double> fitted_step(std::vector<float> values, double step, double relative_error) {
  const double origin =
      *std::min_element(values.begin(), values.end(), [](float a, float b) { return std::abs(a) < std::abs(b); });
  const auto distance = [origin](float value) { return std::abs(static_cast<double>(value) - origin); };
  const auto rounding = [=](float value) {
    return relative_error * (std::abs(origin) + std::abs(static_cast<double>(value)));
  };
  std::erase_if(values, [&](float value) { return rounding(value) > step / 4; });
  std::sort(values.begin(), values.end(), [&](float a, float b) { return distance(a) < distance(b); });
  for (const float value : values)
    if (const double times = std::round(distance(value) / step); times > 0) step = distance(value) / times;
  const auto is_missed = [&](float value) {
    return std::abs(distance(value) - step * std::round(distance(value) / step)) > rounding(value) + step / 50;
  };
  if (values.size() < 3 || std::any_of(values.begin(), values.end(), is_missed)) return {};
  return step;
}

/// The step of a grid from which no value is farther than its rounding.
std::optional<double> step_within(const std::vector<float>& values, double relative_error) {
  std::vector<Step> gaps;
  for (size_t i = 1; i < values.size(); ++i) {
    const double low = values[i - 1], high = values[i];
    gaps.push_back({high - low, relative_error * (std::abs(low) + std::abs(high))});
  }
  // From the smallest on, so that a step is known well before it is measured against a wide gap.
  std::sort(gaps.begin(), gaps.end(), [](const Step& a, const Step& b) { return a.size < b.size; });
  Step step = gaps.front();
  for (const Step& gap : gaps) {
    step = common_step(gap, step);
    if (!step.is_told_from_none()) return {};
  }
  return fitted_step(values, step.size, relative_error);
}

bool are_whole(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::floor(v) == v && std::abs(v) < 1e15f; });
}

double whole_step(const std::vector<float>& values) {
  int64_t step = 0;
  for (size_t i = 1; i < values.size(); ++i)
    step = std::gcd(step, static_cast<int64_t>(values[i]) - static_cast<int64_t>(values[i - 1]));
  return static_cast<double>(step);
}

}  // namespace

Distinct distinct(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  Distinct found{.values = {}, .counts = {}, .total = static_cast<int64_t>(values.size())};
  for (const float value : values) {
    if (found.values.empty() || value != found.values.back()) {
      found.values.push_back(value + 0.0F);  // -0 becomes 0
      found.counts.push_back(0);
    }
    ++found.counts.back();
  }
  return found;
}

std::optional<double> grid_step(const Distinct& found) {
  if (found.values.size() < 3) return {};
  if (are_whole(found.values)) return whole_step(found.values);
  for (const double relative_error : roundings)
    if (const auto step = step_within(found.values, relative_error)) return step;
  return {};
}

bool counts_the_rows(const Distinct& found, double step) {
  const auto n = static_cast<double>(found.values.size());
  if (found.total != static_cast<int64_t>(found.values.size()) || n < 20) return false;
  const double places =
      std::round((static_cast<double>(found.values.back()) - static_cast<double>(found.values.front())) / step) + 1;
  return n * n / (2 * places) > 10;
}

}  // namespace elbo::host::data
