// Linear Gaussian data (probabilistic PCA, Tipping & Bishop 1999): x = W z + mu + sigma e with two factors in eight
// dimensions. Evidence and optimum are closed forms, so every estimator can be checked against them.
#pragma once
#include <cstdint>

#include <elbo/options.hpp>

#include "base/random.hpp"

namespace elbo::host::data {

struct LinearGaussian {
  static constexpr int64_t dims = 8;
  double sigma = 0.5;

  static void describe(Options<LinearGaussian>& o) {
    o.add("sigma", &LinearGaussian::sigma, "standard deviation of the noise").range(1e-3, 1e3);
  }

  /// Writes one data point of `dims` values.
  void draw(Draws& draws, float* x) const;
  /// log N(x; mu, W W^T + sigma^2 I) in nats.
  double log_px(const float* x) const;
};

}  // namespace elbo::host::data
