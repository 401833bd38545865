// Sums and integrals over all values of a small observation.
#pragma once
#include "conformance/law.hpp"

namespace elbo::conformance {

/// All values of x, or the nodes of a quadrature, each with its share of the mass.
struct Weighted {
  Tensor x;           // [m, X...]
  Tensor mass;        // [m]
  double beyond = 0;  // bound of the mass that was not counted; not small where the law reaches too far to be summed
};

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

/// The whole law; edges [n], if given, are ends of quadrature panels, so that masses between them can be told apart.
Weighted whole(const Law& law, const Tensor& edges = {});

}  // namespace elbo::conformance
