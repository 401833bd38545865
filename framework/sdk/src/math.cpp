#include <elbo/math.hpp>

#include <ATen/ops/exp.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <limits>

#include "given_gradient.hpp"

namespace elbo {
namespace {

// log(sinh t / t) = sum of 2^(2k-1) B_2k / (k (2k)!) t^2k; to k = 8 exact to 1e-15 below |t| = 1/2.
constexpr double sinhc_series[] = {1. / 6,      -1. / 180,          1. / 2835,      -1. / 37800,
                                   1. / 467775, -691. / 3831077250, 2. / 127702575, -3617. / 2605132530000};

// sum of c_k u^(k+1)
Tensor sinhc_polynomial(const Tensor& u) {
  Tensor sum = u * sinhc_series[7];
  for (int k = 6; k >= 0; --k) sum = (sum + sinhc_series[k]) * u;
  return sum;
}

// Its derivative divided by 2t, u = t^2: sum of (k+1) c_k u^k
Tensor sinhc_polynomial_slope(const Tensor& u) {
  Tensor sum = u * (8 * sinhc_series[7]);
  for (int k = 6; k > 0; --k) sum = (sum + (k + 1) * sinhc_series[k]) * u;
  return sum + sinhc_series[0];
}

Tensor log1mexp_value(const Tensor& t) {
  return at::where(t < log_2, t.neg().expm1().neg().log(), t.neg().exp().neg().log1p());
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
    const Tensor near = u < 1, half = u / 2, square = half * half;
    const Tensor value = at::where(near, sinhc_polynomial(square) - half, (u.neg().expm1() / u).neg().log());
    if (!derivatives) return {value, {}, {}};
    const Tensor slope = sinhc_polynomial_slope(square) * half - 0.5;
    return {value, at::where(near, slope, u.expm1().reciprocal() - u.reciprocal()), {}};
  });
}

// With e = b - a: sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(-e)), exact and free of cancellation.
Tensor log_sigmoid_difference(const Tensor& a, const Tensor& b) {
  return at::log_sigmoid(b) + at::log_sigmoid(a.neg()) + log1mexp(b - a);
}

// log_sigmoid_difference of the level's edges (2k - n) / (n - 1) and (2k - n + 2) / (n - 1), standardised. The
// distance to an edge is taken in float64, as it is near 0 just where it matters. The edges are
// w = 2 / (n - 1) e^-log_scale apart, and log(1 - e^-w) = log w + log1mexpc(w) stays finite when w underflows.
Tensor log_logistic_level(const Tensor& k, const Tensor& loc, const Tensor& log_scale, int64_t levels) {
  const auto n = static_cast<double>(levels);
  const Tensor is_first = k <= 0, is_last = k >= n - 1, inverse = log_scale.neg().exp();
  const Tensor centre = loc.to(at::kDouble), wide = inverse.to(at::kDouble), twice = k.to(at::kDouble) * 2;
  const auto at_edge = [&](double shift) {
    return ((twice + shift).div_(n - 1) - centre).mul(wide).to(log_scale.scalar_type());
  };
  const Tensor below = at::log_sigmoid(at_edge(2 - n)).masked_fill(is_last, 0);
  const Tensor above = at::log_sigmoid(at_edge(-n).neg()).masked_fill(is_first, 0);
  const Tensor between = log1mexpc(inverse * (2 / (n - 1))) - log_scale + std::log(2 / (n - 1));
  return below + above + between.masked_fill(is_first.logical_or(is_last), 0);
}

// sum over k of ((k + 1)^power - k^power) P(K > k)
Tensor logistic_level_moment(int power, const Tensor& loc, const Tensor& log_scale, int64_t levels) {
  const auto n = static_cast<double>(levels);
  const Tensor inverse = log_scale.neg().exp();
  Tensor sum = at::zeros_like(loc);
  for (double k = 0; k < n - 1; ++k) {
    const Tensor above = ((loc - (2 * k + 2 - n) / (n - 1)) * inverse).sigmoid();
    sum = sum + (power == 1 ? above : above * (2 * k + 1));
  }
  return sum;
}

Tensor standardized(const Tensor& edge, const Tensor& loc, const Tensor& log_scale) {
  const Tensor infinite = edge.isinf();
  const Tensor finite = edge.masked_fill(infinite, 0).to(at::kDouble);
  const Tensor inner = (finite - loc.to(at::kDouble)) * log_scale.to(at::kDouble).neg().exp();
  return at::where(infinite, edge.to(at::kDouble), inner);
}

// max(t, min) + softplus(-|t - min|): unlike min + softplus(t - min) it keeps every digit of a t well above min.
Tensor soft_lower_bound(const Tensor& t, double min) {
  return apply_rule(t, [=](const Tensor& u, bool derivatives) -> Derived {
    return {u.clamp_min(min) + softplus((u - min).abs().neg()), derivatives ? (u - min).sigmoid() : Tensor(), {}};
  });
}

Tensor inverse_soft_lower_bound(const Tensor& y, double min) {
  const Tensor above = (y - min).clamp_min(0.01);
  return above + log1mexp(above) + min;
}

// clamp(t) + softplus(-|t - min|) - softplus(-|t - max|), which is t + softplus(min - t) - softplus(t - max)
// without its cancellation; it keeps every digit of a t that is far from both bounds.
Tensor soft_bound(const Tensor& t, double min, double max) {
  return apply_rule(t, [=](const Tensor& u, bool derivatives) -> Derived {
    const auto bend = [&u](double at) { return softplus((u - at).abs().neg()); };
    const Tensor value = (u.clamp(min, max) + bend(min) - bend(max)).clamp(min, max);
    if (!derivatives) return {value, {}, {}};
    return {value, (u - min).sigmoid() * (max - u).sigmoid() * -std::expm1(min - max), {}};
  });
}

Tensor minus_inf_outside(const Tensor& valid, const Tensor& log_p) {
  const Tensor outside = valid.dim() > 1 ? valid.flatten(1).all(1).logical_not() : valid.logical_not();
  return log_p.masked_fill(outside, -std::numeric_limits<double>::infinity());
}

}  // namespace elbo
