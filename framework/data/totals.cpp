#include "data/totals.hpp"

#include <cmath>

namespace elbo::data {
namespace {

std::vector<double> totals_of(const Array& x) {
  const int64_t rows = x.rows(), row = rows > 0 ? numel(x.shape) / rows : 0;
  std::vector<double> totals(static_cast<size_t>(rows), 0.0);
  std::visit(
      [&](const auto& values) {
        for (size_t i = 0; i < values.size(); ++i) totals[i / static_cast<size_t>(row)] += static_cast<double>(values[i]);
      },
      x.values);
  return totals;
}

double log_poisson(double k, double mean) { return (k > 0 ? k * std::log(mean) : 0) - mean - std::lgamma(k + 1); }

double log_negative_binomial(double k, double mean, double dispersion) {
  return std::lgamma(k + dispersion) - std::lgamma(dispersion) - std::lgamma(k + 1) -
         dispersion * std::log1p(mean / dispersion) - k * std::log1p(dispersion / mean);
}

}  // namespace

std::vector<double> log_prob_of_totals(const Dataset& dataset) {
  const auto train = totals_of(dataset.train.x);
  const auto n = static_cast<double>(train.size());
  double mean = 0, variance = 0;
  for (const double t : train) mean += t / n;
  for (const double t : train) variance += (t - mean) * (t - mean) / n;
  std::vector<double> log_p;
  for (const double total : totals_of(dataset.test.x))
    log_p.push_back(variance > mean ? log_negative_binomial(total, mean, mean * mean / (variance - mean))
                                    : log_poisson(total, mean));
  return log_p;
}

}  // namespace elbo::data
