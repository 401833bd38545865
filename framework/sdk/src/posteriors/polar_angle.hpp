// The angle between a draw of a von Mises-Fisher distribution on the unit sphere of R^d and the distribution's direction: its density
// on [0, pi] is proportional to sin(t)^(d-2) e^(k cos t). All of it by Gauss-Legendre quadrature where the mass is,
// so that no Bessel function under- or overflows, whatever the dimension and the concentration k.
#pragma once
#include <elbo/tensor.hpp>

#include "sdk/src/tensor/explicit_gradient.hpp"

namespace elbo {

class PolarAngle {
 public:
  /// concentration [B] > 0, float64, without gradient; dims >= 2.
  PolarAngle(int64_t dims, const Tensor& concentration);

  /// log of the density on the sphere at its direction, [B].
  const Tensor& log_peak() const { return log_peak_; }
  /// Mean and variance of 1 - cos(angle), [B].
  const Tensor& mean_gap() const { return mean_gap_; }
  const Tensor& gap_variance() const { return gap_variance_; }

  /// u [S, B] in (0, 1) -> the angles below which the distribution has these shares, with their derivative by the
  /// concentration if asked for: -(dF/dk) / (dF/dt), exact for draws, which that of a rejection sampler's accepted
  /// proposals is not (Figurnov et al. 2018).
  Derived at(const Tensor& u, bool derivative) const;

 private:
  Tensor log_density(const Tensor& angle) const;  // of [B, ...], before it is normalised
  Tensor density(const Tensor& angle) const;      // in units of that at the mode
  Tensor first_guess(const Tensor& left, const Tensor& share) const;
  Tensor integral(const Tensor& left, const Tensor& length) const;
  Tensor by_concentration(const Tensor& panel, const Tensor& left, const Tensor& length, const Tensor& share) const;

  double power_;          // of the sine
  Tensor concentration_;  // [B]
  Tensor log_at_mode_;    // [B]
  Tensor edges_, width_;  // of P panels, [B, P + 1] and [B]
  Tensor total_, below_;  // whole integral [B] and its shares to the left of each edge [B, P + 1]
  Tensor deviation_below_,
      deviation_above_;  // integrals of (mean gap - gap) x density on either side of each edge [B, P + 1]
  Tensor log_peak_, mean_gap_, gap_variance_;
};

}  // namespace elbo
