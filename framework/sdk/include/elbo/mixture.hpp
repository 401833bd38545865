#pragma once
#include <elbo/tensor.hpp>

namespace elbo {

/// log sum_k w_k N(z; mean_k, diag(e^{2 log_scale_k})): z [S, B, L], log_weights [K], mean and log_scale [K, L] -> [S, B].
/// In float64, from the differences z - mean: exact at any scale. No [S, B, K, L] is held in memory.
ELBO_EXPORT Tensor log_normal_mixture(const Tensor& z, const Tensor& log_weights, const Tensor& mean,
                                      const Tensor& log_scale);

}  // namespace elbo
