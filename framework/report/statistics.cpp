#include "report/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace elbo::report {

double mean(std::span<const double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sample_variance(std::span<const double> values) {
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double centre = mean(values);
  double squares = 0;
  for (const double v : values) squares += (v - centre) * (v - centre);
  return squares / static_cast<double>(values.size() - 1);
}

Difference over_images(std::span<const double> differences) {
  const auto n = static_cast<double>(differences.size());
  return with_t(mean(differences), std::sqrt(sample_variance(differences) / n), n - 1);
}

Difference with_t(double mean, double standard_error, double degrees_of_freedom) {
  Difference d{.mean = mean};
  if (!(degrees_of_freedom > 0)) return d;
  d.standard_error = standard_error;
  d.degrees_of_freedom = degrees_of_freedom;
  if (!std::isfinite(standard_error)) return d;
  const boost::math::students_t t(degrees_of_freedom);
  const double reach = standard_error * quantile(complement(t, claim_level / 2));
  d.interval = {mean - reach, mean + reach};
  const bool exact = standard_error == 0;  // every value is the same
  d.p = exact ? (mean == 0 ? 1.0 : 0.0) : 2 * cdf(complement(t, std::abs(mean) / standard_error));
  return d;
}

std::vector<double> means_of_rows(const std::vector<std::vector<double>>& d) {
  std::vector<double> means;
  for (const auto& row : d) means.push_back(mean(row));
  return means;
}

std::vector<double> means_of_columns(const std::vector<std::vector<double>>& d) {
  std::vector<double> means(d.empty() ? 0 : d[0].size(), 0.0);
  for (const auto& row : d)
    for (size_t i = 0; i < means.size(); ++i) means[i] += row[i] / static_cast<double>(d.size());
  return means;
}

double residual_variance(const std::vector<std::vector<double>>& d) {
  if (d.size() < 2 || d[0].size() < 2) return 0;
  const auto rows = means_of_rows(d), columns = means_of_columns(d);
  const double all = mean(rows);
  double squares = 0;
  for (size_t s = 0; s < d.size(); ++s)
    for (size_t i = 0; i < d[s].size(); ++i) {
      const double rest = d[s][i] - rows[s] - columns[i] + all;
      squares += rest * rest;
    }
  return squares / static_cast<double>((d.size() - 1) * (d[0].size() - 1));
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto rank = [&](size_t i) { return std::isnan(p[i]) ? 2.0 : p[i]; };
  std::stable_sort(order.begin(), order.end(), [&](size_t i, size_t j) { return rank(i) < rank(j); });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (size_t k = 0; k < order.size(); ++k) {
    const double factor = static_cast<double>(p.size() - k);
    if (!std::isnan(p[order[k]])) largest = std::max(largest, std::min(1.0, factor * p[order[k]]));
    adjusted[order[k]] = std::isnan(p[order[k]]) ? p[order[k]] : largest;
  }
  return adjusted;
}

}  // namespace elbo::report
