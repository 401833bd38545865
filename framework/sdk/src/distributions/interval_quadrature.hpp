// The mass of intervals by quadrature, for densities of single values.
#pragma once
#include <elbo/observation.hpp>
#include <elbo/tensor.hpp>

#include <functional>
#include <string>

namespace elbo {

/// Intervals under densities, one each: float64 [S, B, X...], without gradient.
struct Intervals {
  Support support;
  Tensor low, high;  // may be infinite
  Tensor centre;     // near which the mass is, such as the mean; undefined where nothing is known
  Tensor scale;      // how far it reaches from there, in size; broadcastable
};

/// log of their masses, to a relative error of 1e-8, from log_density(x), x and result [S, B, X...]. Throws Error, which begins with
/// `who`, where two rules do not agree so far.
Tensor log_mass_by_quadrature(const std::function<Tensor(const Tensor&)>& log_density, const Intervals& intervals,
                              const std::string& who);

}  // namespace elbo
