#include "report/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace elbo::report {
namespace {

using SeedRows = std::vector<std::vector<double>>;

constexpr double tail = 0.025;  // of a two-sided 95 % interval

template <class Law>
Difference with_law(double mean, double standard_error, const Law& law) {
  Difference d{.mean = mean, .standard_error = standard_error};
  if (!std::isfinite(standard_error)) return d;
  const double reach = standard_error * quantile(complement(law, tail));
  d.interval = {mean - reach, mean + reach};
  const bool exact = standard_error == 0;  // every value is the same
  d.p = exact ? (mean == 0 ? 1.0 : 0.0) : 2 * cdf(complement(law, std::abs(mean) / standard_error));
  return d;
}

std::vector<double> means_of_rows(const SeedRows& rows) {
  std::vector<double> means;
  for (const auto& row : rows) means.push_back(mean(row));
  return means;
}

std::vector<double> means_of_columns(const SeedRows& rows) {
  std::vector<double> means(rows.empty() ? 0 : rows[0].size(), 0.0);
  for (const auto& row : rows)
    for (size_t i = 0; i < means.size(); ++i) means[i] += row[i] / static_cast<double>(rows.size());
  return means;
}

}  // namespace

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
  if (!(degrees_of_freedom > 0)) return {.mean = mean};
  Difference d = with_law(mean, standard_error, boost::math::students_t(degrees_of_freedom));
  d.degrees_of_freedom = degrees_of_freedom;
  return d;
}

double equivalence_p(const Difference& d, double margin) {
  const double room = margin - std::abs(d.mean);  // to the nearer end; the other one's p is smaller
  if (!std::isfinite(d.standard_error) || !(margin > 0)) return 1;
  if (d.standard_error == 0) return room > 0 ? 0 : 1;
  const double t = room / d.standard_error;
  if (std::isinf(d.degrees_of_freedom)) return cdf(complement(boost::math::normal(), t));
  return cdf(complement(boost::math::students_t(d.degrees_of_freedom), t));
}

VarianceSplit variance_split(const SeedRows& d) {
  if (d.size() < 2 || d[0].size() < 2) return {};
  const auto seeds = static_cast<double>(d.size()), images = static_cast<double>(d[0].size());
  const auto rows = means_of_rows(d), columns = means_of_columns(d);
  const double all = mean(rows);
  double squares = 0;
  for (size_t s = 0; s < d.size(); ++s)
    for (size_t i = 0; i < d[s].size(); ++i) squares += std::pow(d[s][i] - rows[s] - columns[i] + all, 2);
  const double residual = squares / ((seeds - 1) * (images - 1));
  // The mean square of rows is images * (variance of their means), and estimates residual + images * seed.
  return {.seed = std::max(0.0, sample_variance(rows) - residual / images),
          .image = std::max(0.0, sample_variance(columns) - residual / seeds),
          .residual = residual};
}

Difference over_seeds_and_images(const SeedRows& d) {
  const auto seeds = static_cast<double>(d.size());
  const auto means = means_of_rows(d);
  // The variance of the seeds' means holds the seed's and the residual's part; only the images' is missing.
  const double error = sample_variance(means) / seeds + variance_split(d).image / static_cast<double>(d[0].size());
  return with_t(mean(means), std::sqrt(error), seeds - 1);
}

Difference welch_over_seeds_and_images(const SeedRows& a, const SeedRows& b) {
  const auto means_a = means_of_rows(a), means_b = means_of_rows(b);
  const auto n_a = static_cast<double>(a.size()), n_b = static_cast<double>(b.size());
  const double part_a = sample_variance(means_a) / n_a, part_b = sample_variance(means_b) / n_b;
  const double freedom = std::pow(part_a + part_b, 2) / (part_a * part_a / (n_a - 1) + part_b * part_b / (n_b - 1));
  std::vector<double> by_image = means_of_columns(a);
  const auto columns_b = means_of_columns(b);
  for (size_t i = 0; i < by_image.size(); ++i) by_image[i] -= columns_b[i];
  // Too wide rather than too narrow: the images' spread still holds residuals.
  const double images = sample_variance(by_image) / static_cast<double>(by_image.size());
  return with_t(mean(means_a) - mean(means_b), std::sqrt(part_a + part_b + images), freedom);
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
