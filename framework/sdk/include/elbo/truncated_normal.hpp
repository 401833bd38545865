// The normal distribution cut to [0, 1] and normalised; a location far outside is legal, and the distribution then close to an
// exponential one. Every function works in float64, whatever the types are, and takes broadcastable tensors.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo::truncated_normal {

/// log p(x) in nats for 0 <= x <= 1, of the dtype of x
ELBO_EXPORT Tensor log_density(const Tensor& x, const Tensor& loc, const Tensor& log_scale);
/// log of the mass of [low, high], of which the part in [0, 1] counts; of the dtype of low
ELBO_EXPORT Tensor log_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale);
/// float64
ELBO_EXPORT Tensor mean(const Tensor& loc, const Tensor& log_scale);
/// float64
ELBO_EXPORT Tensor variance(const Tensor& loc, const Tensor& log_scale);
/// The x below which lies the mass u, 0 < u < 1; float64, without gradient
ELBO_EXPORT Tensor quantile(const Tensor& u, const Tensor& loc, const Tensor& log_scale);

}  // namespace elbo::truncated_normal
