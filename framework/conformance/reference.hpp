// A density near that of some draws, made so that it integrates to 1: what densities known only at their draws are tested with.
#pragma once
#include "conformance/tools.hpp"

namespace elbo::conformance {

/// A product of densities along straight axes. Each is constant on cells that hold equally many of the draws; the widest cells
/// are left out: tails and gaps, where draws are rare. So a quotient of it and of the density of the draws is never far from 1
/// where that density is nearly a product, and h is 0 where there is no draw.
class Reference {
 public:
  /// draws [n, L]. Throws Failure when many of them are equal.
  explicit Reference(const Tensor& draws);

  struct Seen {
    Tensor log_density;  // [n], -inf outside
    Tensor place;        // [n, L], on [0, 1): uniform and independent for draws from the reference
  };
  Seen at(const Tensor& z) const;
  /// Draws from the reference, for places on [0, 1) [n, L].
  Tensor draws(const Tensor& place) const;

 private:
  Tensor centre_, axes_;   // [L], [L, L] with orthogonal columns: u = (z - centre) axes
  Tensor edges_;           // [L, cells + 1] of u
  Tensor rank_;            // [L, cells + 2], of each cell among those kept, -1 for the others and outside
  Tensor low_, width_;     // [L, kept]
  double log_volume_ = 0;  // of a unit of z in units of u
};

/// Legendre polynomials of degree 1 to 3 in each place, with mean 0 and mean square 1 under the reference, beside 1: [n, 1 + 3 L].
Tensor legendre(const Tensor& place);

}  // namespace elbo::conformance
