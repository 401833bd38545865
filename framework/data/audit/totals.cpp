#include "data/audit/totals.hpp"

#include <cmath>

#include "data/blocks.hpp"

namespace elbo::host::data {
namespace {

std::vector<double> totals_of(const Split& split, int64_t row) {
  std::vector<double> totals;
  for_each_part(split, [&](const auto& values) {
    for (size_t first = 0; first < values.size(); first += static_cast<size_t>(row)) {
      double total = 0;
      for (size_t i = first; i < first + static_cast<size_t>(row); ++i) total += static_cast<double>(values[i]);
      totals.push_back(total);
    }
  });
  return totals;
}

double log_poisson(double k, double mean) { return (k > 0 ? k * std::log(mean) : 0) - mean - std::lgamma(k + 1); }

double log_negative_binomial(double k, double mean, double dispersion) {
  return std::lgamma(k + dispersion) - std::lgamma(dispersion) - std::lgamma(k + 1) -
         dispersion * std::log1p(mean / dispersion) - k * std::log1p(dispersion / mean);
}

}  // namespace

std::vector<double> log_prob_of_totals(const Dataset& dataset) {
  const int64_t row = numel({dataset.train.x.shape.begin() + 1, dataset.train.x.shape.end()});
  const auto train = totals_of(dataset.train, row);
  const auto n = static_cast<double>(train.size());
  double mean = 0, variance = 0;
  for (const double t : train) mean += t / n;
  for (const double t : train) variance += (t - mean) * (t - mean) / n;
  std::vector<double> log_p;
  for (const double total : totals_of(dataset.test, row))
    log_p.push_back(variance > mean ? log_negative_binomial(total, mean, mean * mean / (variance - mean))
                                    : log_poisson(total, mean));
  return log_p;
}

}  // namespace elbo::host::data
