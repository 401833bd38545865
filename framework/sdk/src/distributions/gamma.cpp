// All inside is float64: a float32 log-gamma of 10^6 has one digit after the point.
#include <elbo/distributions.hpp>

#include <ATen/ExpandUtils.h>
#include <ATen/ops/where.h>

#include <cmath>

#include <elbo/tensor.hpp>
#include "sdk/src/distributions/gamma_blocks.hpp"
#include "sdk/src/tensor/blocks.hpp"
#include "sdk/src/tensor/explicit_gradient.hpp"

namespace elbo {
namespace {

// B_2k / (2k (2k - 1)): the remainder is their sum over a^(2k-1), to 1e-15 for a >= 8.
constexpr double stirling_series[] = {1. / 12,   -1. / 360,      1. / 1260, -1. / 1680,
                                      1. / 1188, -691. / 360360, 1. / 156,  -3617. / 122400};

Tensor far_remainder(const Tensor& a) {
  const Tensor inverse = a.reciprocal(), u = inverse.square();
  Tensor sum = u * stirling_series[7];
  for (int k = 6; k > 0; --k) sum.add_(stirling_series[k]).mul_(u);
  return sum.add_(stirling_series[0]).mul_(inverse);
}

Tensor far_slope(const Tensor& a) {
  const Tensor u = a.square().reciprocal();
  Tensor sum = u * (15 * stirling_series[7]);
  for (int k = 6; k > 0; --k) sum.add_((2 * k + 1) * stirling_series[k]).mul_(u);
  return sum.add_(stirling_series[0]).mul_(u).neg_();
}

// Below 8, with Gamma(a) = Gamma(a + 8) / (a (a + 1) ... (a + 7)).
Tensor remainder_value(const Tensor& a) {
  const Tensor near = a.clamp_max(8), shifted = near + 8;
  Tensor ratio = shifted / near;
  for (int i = 1; i < 8; ++i) ratio.mul_(shifted / (near + i));
  const Tensor low = far_remainder(shifted) - 8 + (near - 0.5) * (8 / near).log1p() + ratio.log_();
  return at::where(a < 8, low, far_remainder(a.clamp_min(8)));
}

Tensor remainder_slope(const Tensor& a) {
  const Tensor near = a.clamp_max(8), shifted = near + 8;
  Tensor sum = far_slope(shifted) + (8 / near).log1p() - shifted.reciprocal() / 2 + near.reciprocal() / 2;
  for (int i = 0; i < 8; ++i) sum.sub_((near + i).reciprocal());
  return at::where(a < 8, sum, far_slope(a.clamp_min(8)));
}

// 2 atanh(r) - u with r = u / (2 + u), whose first terms are -u r + 2 r^3 / 3.
Tensor log1pmx_near(const Tensor& u) {
  const Tensor r = u / (u + 2), square = r.square();
  Tensor sum = square / 35;
  for (int k = 33; k > 3; k -= 2) sum.add_(1. / k).mul_(square);
  return sum.add_(1. / 3).mul_(square).mul_(2).sub_(u).mul_(r);
}

}  // namespace

Tensor log1pmx(const Tensor& u) {
  return apply_rule(u, [](const Tensor& v, bool derivatives) -> Derived {
    const Tensor near = v.abs() < 0.5;
    const Tensor value = at::where(near, log1pmx_near(v.clamp(-0.5, 0.5)), v.log1p() - v);
    return {value, derivatives ? -v / (v + 1) : Tensor(), {}};
  });
}

Tensor stirling_remainder(const Tensor& a) {
  return apply_rule(a, [](const Tensor& v, bool derivatives) -> Derived {
    const Tensor d = v.to(at::kDouble);
    return {
        remainder_value(d).to(v.scalar_type()), derivatives ? remainder_slope(d).to(v.scalar_type()) : Tensor(), {}};
  });
}

namespace {

/// One pass, unless derivatives by what the passes take as data are asked for.
bool in_blocks(const Tensor& parameter, const Tensor& data) {
  return fits_blocks(parameter) && fits_blocks(data) && !data.requires_grad();
}

Tensor expanded(const Tensor& parameter, const Tensor& data) {
  return parameter.expand(at::infer_size(parameter.sizes(), data.sizes()));
}

}  // namespace

Tensor log_rising_excess(const Tensor& a, const Tensor& m) {
  if (in_blocks(a, m))
    return apply_rule(expanded(a, m),
                      [&](const Tensor& from, bool derivatives) { return rising_excess_blocks(from, m, derivatives); });
  const Tensor from = a.to(at::kDouble), by = m.to(at::kDouble), to = from + by;
  const Tensor value = (to - 0.5) * (by / from).log1p() - by + stirling_remainder(to) - stirling_remainder(from);
  return value.to(a.scalar_type());
}

Tensor log_factorial(const Tensor& k) {
  if (in_blocks(k, k)) return log_factorial_blocks(k);
  return (k.to(at::kDouble) + 1).lgamma().to(k.scalar_type());
}

Tensor log_choose(double n, const Tensor& k) {
  const Tensor d = k.to(at::kDouble);
  return (std::lgamma(n + 1) - log_factorial(d) - log_factorial(n - d)).to(k.scalar_type());
}

namespace {

// log(1 + u) - u, which far from u = 0 is taken from log(1 + u) as given: u = -1 + x / p has lost a small x.
Tensor log_ratio(const Tensor& u, const Tensor& log1p_u) {
  return at::where(u.abs() < 0.5, log1pmx(u.clamp(-0.5, 0.5)), log1p_u - u);
}

/// log k! - (k log k - k) for k >= 1
Tensor depth_of_peak(const Tensor& k) { return k.log() / 2 + half_log_2pi + stirling_remainder(k); }

}  // namespace

// About the rate k, rate = k (1 + u): k (log(1 + u) - u) less the depth of the peak; no large part cancels.
Tensor log_poisson(const Tensor& k_in, const Tensor& log_rate) {
  if (in_blocks(log_rate, k_in))
    return apply_rule(expanded(log_rate, k_in),
                      [&](const Tensor& r, bool derivatives) { return poisson_blocks(k_in, r, derivatives); });
  const Tensor k = k_in.to(at::kDouble), eta = log_rate.to(at::kDouble), rate = eta.exp(), some = k.clamp_min(1);
  const Tensor value = some * log_ratio(rate / some - 1, eta - some.log()) - depth_of_peak(some);
  return at::where(k > 0, value, -rate).to(k_in.scalar_type());
}

// Seen as a binomial with d + k tries, as the blocks do it.
Tensor log_negative_binomial(const Tensor& k_in, const Tensor& log_mean, const Tensor& log_dispersion) {
  if (in_blocks(log_mean, k_in) && fits_blocks(log_dispersion))
    return apply_rule(expanded(log_mean, k_in), log_dispersion,
                      [&](const Tensor& mean, const Tensor& dispersion, bool derivatives) {
                        return negative_binomial_blocks(k_in, mean, dispersion, derivatives);
                      });
  const Tensor k = k_in.to(at::kDouble), m = log_mean.to(at::kDouble), t = log_dispersion.to(at::kDouble),
               some = k.clamp_min(1);
  const Tensor d = t.exp(), mean = m.exp(), rise = (k / d).log1p(), spread = softplus(m - t),
               off = (k - mean) / (d + mean);
  const Tensor bulk =
      d * log_ratio(off, rise - spread) + some * log_ratio(-off * (d / some), rise - spread + m - some.log());
  const Tensor value = bulk - rise / 2 + stirling_remainder(d + k) - stirling_remainder(d) - depth_of_peak(some);
  return at::where(k > 0, value, -d * spread).to(k_in.scalar_type());
}

Tensor log_zero_inflated_negative_binomial(const Tensor& k, const Tensor& log_mean, const Tensor& log_dispersion,
                                           const Tensor& zero_logit) {
  if (in_blocks(log_mean, k) && fits_blocks(log_dispersion) && fits_blocks(zero_logit))
    return apply_rule(expanded(log_mean, k), log_dispersion, zero_logit,
                      [&](const Tensor& m, const Tensor& t, const Tensor& p, bool derivatives) {
                        return zero_inflated_blocks(k, m, t, p, derivatives);
                      });
  const Tensor counted = log_negative_binomial(k.to(at::kDouble), log_mean.to(at::kDouble), log_dispersion),
               p = zero_logit.to(at::kDouble);
  const Tensor missed = (-p).sigmoid() * counted.expm1(), some = log_sigmoid(-p) + counted;
  const Tensor zero = at::where(missed > -0.5, missed.clamp_min(-0.5).log1p(), log_add_exp(log_sigmoid(p), some));
  return at::where(k == 0, zero, some).to(k.scalar_type());
}

// About the mean p, alpha log(x / p) + beta log((1 - x) / q) with the linear parts cancelled on paper, plus Stirling's formula of
// the normalisation.
Tensor log_beta_density(const Tensor& x, const Tensor& alpha, const Tensor& beta) {
  if (in_blocks(alpha, x) && fits_blocks(beta))
    return apply_rule(expanded(alpha, x), beta, [&](const Tensor& a, const Tensor& b, bool derivatives) {
      return beta_blocks(x, a, b, derivatives);
    });
  const Tensor n = alpha + beta, p = alpha / n, q = beta / n, off = (x * beta - (1 - x) * alpha) / n;
  const Tensor log_x = x.log(), log_y = (-x).log1p();
  const Tensor bulk = alpha * log_ratio(off / p, log_x - p.log()) + beta * log_ratio(-off / q, log_y - q.log());
  const Tensor peak = ((alpha.log() + q.log()) / 2 - half_log_2pi) + stirling_remainder(n) - stirling_remainder(alpha) -
                      stirling_remainder(beta);
  return bulk + peak - log_x - log_y;
}

}  // namespace elbo
