#pragma once
#include "conformance/law.hpp"

namespace elbo::conformance {

/// Nodes and masses of a density over its whole support: Gauss-Kronrod panels of 15 points (Kronrod 1965), halved where
/// they are not exact enough, in a coordinate that reaches far into the tails.
Weighted quadrature(const Law& law, const Tensor& edges);

/// Between two finite values.
double integral(const Law& law, double lo, double hi);

/// The log of it, over an interval so narrow that the density is smooth in it, however small it is.
double log_integral(const Law& law, double lo, double hi);

/// The log of the mass between `from` and an end of the support, far in a tail that changes over about `step`; nothing where the
/// tail is not exhausted.
std::optional<double> log_tail(const Law& law, double from, double end, double step);

}  // namespace elbo::conformance
