// Importance-weighted log p(x) in one pass over K samples: a streaming log-sum-exp per data point, in float64.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo::host {

/// log (1/K) sum_k w_k and its diagnostics, for B data at once.
class LogMeanWeight {
 public:
  /// With the number of samples to come, the largest weights are kept for pareto_k().
  explicit LogMeanWeight(int64_t expected_samples = 0);
  /// log w [S, B]; any number of times. The result does not depend on how the samples are cut into chunks, up to rounding.
  void add(const Tensor& log_w);
  int64_t samples() const { return samples_; }
  /// [B] float64: log of the mean weight, a lower bound of log p(x) in expectation (Burda et al. 2016).
  Tensor value() const;
  /// [B] float64: (sum w)^2 / sum w^2, between 1 and K (Kong 1992).
  Tensor effective_samples() const;
  /// [B] float64: -CV^2 / (2K), the first-order bias of value().
  Tensor bias() const;
  /// [B] float64: shape of a generalised Pareto distribution fitted to the largest weights (Vehtari et al. 2024). Above 0.7 the
  /// mean weight cannot be trusted. NaN for fewer than 25 samples, and for more than were expected.
  Tensor pareto_k() const;

 private:
  Tensor max_, sum_, sum_of_squares_;  // [B]; sums of exp(log w - max) and of its square
  Tensor largest_;                     // [tail_ + 1, B], descending
  int64_t samples_ = 0, tail_ = 0;
};

}  // namespace elbo::host
