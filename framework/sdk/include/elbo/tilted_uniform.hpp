// The law of density a e^(a x) / (e^a - 1) on [0, 1], in nats: exact at every a, the uniform law's 0 too. Computed in float64, whatever
// the types are; tensors are broadcast against each other.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo {

/// log of the density at x, of the dtype of a
ELBO_EXPORT Tensor log_tilted_density(const Tensor& x, const Tensor& a);
/// log of the mass of [low, high], of the dtype of a. The ends have no derivatives.
ELBO_EXPORT Tensor log_tilted_mass(const Tensor& low, const Tensor& high, const Tensor& a);

}  // namespace elbo
