// The evidence of one data point from independent importance weights, with the error bar and the test of that estimate.
#pragma once
#include <cstdint>
#include <span>

namespace elbo::host {

/// log (1/K) sum_k w_k and its diagnostics.
struct WeightSummary {
  int64_t samples = 0;        // K
  double log_mean = 0;        // a lower bound of log p(x) in expectation; -inf when every weight is 0
  double standard_error = 0;  // of log_mean, sqrt(CV^2 / K)
  double bias = 0;            // of log_mean to first order, -CV^2 / (2K)
  double effective = 0;       // samples, (sum w)^2 / sum w^2 (Kong 1992)
  double pareto_k = 0;        // k-hat (Vehtari et al. 2024); NaN for fewer than 25 weights
};

/// Of log weights. A weight that is NaN counts as 0.
WeightSummary summarise(std::span<const double> log_weights);

/// The largest k-hat at which the mean of K weights can be trusted: min(1 - 1 / log10 K, 0.7) (Vehtari et al. 2024).
double pareto_k_limit(int64_t samples);

/// Whether k-hat is below its limit and at least this many samples are effective.
bool is_trusted(const WeightSummary& weights, double least_effective);

}  // namespace elbo::host
