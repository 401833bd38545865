#include "elbo/mixture.hpp"

#include "elbo/math.hpp"

namespace elbo {

// (z - m)^2 / s^2 expanded: what cancels in it is some 1e-16 of z^2 / s^2.
Tensor log_normal_mixture(const Tensor& z, const Tensor& log_weights, const Tensor& mean, const Tensor& log_scale) {
  const Tensor x = z.to(at::kDouble), m = mean.to(at::kDouble), s = log_scale.to(at::kDouble);
  const Tensor precision = (-2 * s).exp(), pull = m * precision;
  const Tensor constant = log_weights.to(at::kDouble) - (s + half_log_2pi + 0.5 * m * pull).sum(1);
  const Tensor each = x.matmul(pull.t()) - 0.5 * x.square().matmul(precision.t()) + constant;  // [S, B, K]
  return each.logsumexp(2).to(z.scalar_type());
}

}  // namespace elbo
