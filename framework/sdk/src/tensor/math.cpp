#include <elbo/tensor.hpp>

#include <ATen/ops/exp.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <limits>

#include "sdk/src/tensor/explicit_gradient.hpp"
#include "sdk/src/tensor/sinhc.hpp"

namespace elbo {
namespace {

// sum of c_k u^(k+1)
Tensor sinhc_polynomial(const Tensor& u) {
  Tensor sum = u * sinhc_series[7];
  for (int k = 6; k >= 0; --k) sum.add_(sinhc_series[k]).mul_(u);
  return sum;
}

// Its derivative divided by 2t, u = t^2: sum of (k+1) c_k u^k
Tensor sinhc_polynomial_slope(const Tensor& u) {
  Tensor sum = u * (8 * sinhc_series[7]);
  for (int k = 6; k > 0; --k) sum.add_((k + 1) * sinhc_series[k]).mul_(u);
  return sum.add_(sinhc_series[0]);
}

// low where `is_low`, else high; both are finite where they are not used. Several times faster than at::where, whose
// loop on the CPU is scalar.
Tensor join(const Tensor& is_low, const Tensor& low, const Tensor& high) {
  const Tensor mask = is_low.to(low.scalar_type());
  return low * mask + high * (1 - mask);
}

Tensor log1mexp_value(const Tensor& t) {
  return join(t < log_2, t.clamp_max(log_2).neg().expm1_().neg_().log_(),
              t.clamp_min(log_2).neg().exp_().neg_().log1p_());
}

}  // namespace

Tensor softplus(const Tensor& t) { return at::log_sigmoid(t.neg()).neg(); }

Tensor log_sigmoid(const Tensor& t) { return at::log_sigmoid(t); }

Tensor log1mexp(const Tensor& t) {
  return apply_rule(t, [](const Tensor& u, bool derivatives) -> Derived {
    return {log1mexp_value(u), derivatives ? u.expm1().reciprocal() : Tensor(), {}};
  });
}

Tensor log_add_exp(const Tensor& a, const Tensor& b) { return at::logaddexp(a, b); }

Tensor log_sinhc(const Tensor& t) {
  return apply_rule(t, [](const Tensor& u, bool derivatives) -> Derived {
    const Tensor near = u.abs() < 0.5, square = u * u, twice = u.abs() * 2;
    const Tensor far = twice / 2 - twice.log() + twice.neg().exp().neg().log1p();
    const Tensor value = at::where(near, sinhc_polynomial(square), far);
    if (!derivatives) return {value, {}, {}};
    return {value, at::where(near, sinhc_polynomial_slope(square) * u * 2, u.tanh().reciprocal() - u.reciprocal()), {}};
  });
}

Tensor log1mexpc(const Tensor& t) {
  return apply_rule(t, [](const Tensor& u, bool derivatives) -> Derived {
    const Tensor near = u < 1, half = u.clamp_max(1) / 2, far = u.clamp_min(1), square = half * half;
    const Tensor value = join(near, sinhc_polynomial(square) - half, (far.neg().expm1_() / far).neg_().log_());
    if (!derivatives) return {value, {}, {}};
    const Tensor slope = sinhc_polynomial_slope(square) * half - 0.5;
    return {value, join(near, slope, far.expm1().reciprocal_() - far.reciprocal()), {}};
  });
}

// With e = b - a: sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(-e)), exact and free of cancellation.
Tensor log_sigmoid_difference(const Tensor& a, const Tensor& b) {
  return at::log_sigmoid(b) + at::log_sigmoid(a.neg()) + log1mexp(b - a);
}

Tensor minus_inf_outside(const Tensor& valid, const Tensor& log_p) {
  const Tensor outside = valid.dim() > 1 ? valid.flatten(1).all(1).logical_not() : valid.logical_not();
  return log_p.masked_fill(outside, -std::numeric_limits<double>::infinity());
}

}  // namespace elbo
