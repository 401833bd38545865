// Normal and Laplace distributions, in nats: the masses of intervals and a density, exact wherever the location lies and however wide or
// narrow the scale is. Computed in float64, whatever the types are; tensors are broadcast against each other.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo {

/// log N(x; loc, e^(2 log_scale)), of the dtype of loc
ELBO_EXPORT Tensor log_normal_density(const Tensor& x, const Tensor& loc, const Tensor& log_scale);
/// log of the mass of [low, high], of the dtype of loc; an end may be infinite. The ends have no derivatives.
ELBO_EXPORT Tensor log_normal_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale);

/// The same under the density e^-|r| / (2 e^log_scale), r = (x - loc) e^-log_scale
ELBO_EXPORT Tensor log_laplace_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale);

}  // namespace elbo
