// Normal distributions fitted to samples, against which densities in many dimensions are held.
#pragma once
#include "conformance/tools.hpp"

namespace elbo::conformance {

/// A normal distribution with the mean and the covariance of samples [n, L], `width` times as wide.
class Cover {
 public:
  Cover(const Tensor& z, double width);
  /// [n, L] -> [n]
  Tensor log_prob(const Tensor& z) const;
  /// [count, L]
  Tensor draws(int64_t count) const;

 private:
  Tensor mean_, root_;
};

/// Widths in L dimensions for which weights of two normal distributions, one so much wider or narrower than the other, have a variance that
/// does not grow with L.
double wider_in(int64_t dimensions);
double narrower_in(int64_t dimensions);

}  // namespace elbo::conformance
