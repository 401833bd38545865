#pragma once
#include "conformance/law.hpp"

namespace elbo::conformance {

/// Nodes and masses of a density over its whole support: Gauss-Kronrod panels of 15 points (Kronrod 1965), halved where
/// they are not exact enough, in a coordinate that reaches far into the tails.
Weighted quadrature(const Law& law, const Tensor& edges);

/// Between two finite values.
double integral(const Law& law, double lo, double hi);

}  // namespace elbo::conformance
