// log Phi and the log of differences of Phi. All inside is float64: with float32 arguments too, the difference
// of two nearby tails keeps its digits, and the results are rounded once.
#include <ATen/ops/exp.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <elbo/tensor.hpp>
#include <limits>
#include "sdk/src/tensor/clones.hpp"

#include "sdk/src/tensor/blocks.hpp"
#include "sdk/src/tensor/explicit_gradient.hpp"
#include "sdk/src/tensor/fast_double.hpp"

namespace elbo {
namespace {

// The Mills ratio R(x) = Phi(-x) / phi(x) for x >= 0. (x + 1) R(x) is analytic in y = (x - 5) / (x + 5) on the
// whole of [-1, 1], infinity included (after Shepherd & Laframboise 1981); this is its Chebyshev expansion to
// degree 24, as a polynomial in y: relative error below 4e-16 everywhere, and no branch.
constexpr double mills_series[] = {
    1.1568486282918946,     -0.22948753825211315,   0.07778159886873554,     0.0250721793016388,
    -0.0661776007789934,    0.0615050458401865,     -0.038026592187762366,   0.01634823128102938,
    -0.004201290310663574,  1.9530638370790786e-05, 0.00045704381820007954,  -0.0001343742785571135,
    -2.48054584472145e-05,  2.270961270923768e-05,  -1.7723438185601556e-07, -3.277287633208865e-06,
    3.2197131609042185e-07, 4.91996233147834e-07,   -6.738323465177047e-08,  -7.758520236786343e-08,
    1.0082895646260188e-08, 1.1032071151574336e-08, -1.0846925288860795e-09, -9.564832934712551e-10,
    6.288377855498677e-11};

Tensor mills(const Tensor& x) {
  const Tensor y = (x + 5).reciprocal_().mul_(-10).add_(1);
  Tensor sum = y * mills_series[24];
  for (int k = 23; k > 0; --k) sum.add_(mills_series[k]).mul_(y);
  return sum.add_(mills_series[0]).div_(x + 1);
}

// -log phi(t)
Tensor energy(const Tensor& t) { return t.square().div_(2).add_(half_log_2pi); }

Derived log_ndtr_rule(const Tensor& argument, bool derivatives) {
  const Tensor t = argument.to(at::kDouble).clamp_min(-1e150), left = t < 0;
  const Tensor ratio = mills(t.abs()), e = energy(t), density = at::exp(-e);
  const Tensor upper = ratio * density;
  const Tensor value = at::where(left, ratio.log() - e, upper.neg().log1p());
  if (!derivatives) return {value.to(argument.dtype()), {}, {}};
  const Tensor slope = at::where(left, ratio.reciprocal(), density / (1 - upper));
  return {value.to(argument.dtype()), slope.to(argument.dtype()), {}};
}

// The integral of phi over [m - h, m + h] divided by phi(m), by Gauss-Legendre with five nodes; exact to 1e-13
// where h < 1/5 and |m h| < 1/4, and finite elsewhere.
Tensor narrow_mass(const Tensor& m, const Tensor& h) {
  constexpr double nodes[] = {0, -0.538469310105683091036, 0.538469310105683091036, -0.906179845938663992798,
                              0.906179845938663992798};
  constexpr double weights[] = {64. / 225, 0.239314335249683234021, 0.239314335249683234021, 0.118463442528094543757,
                                0.118463442528094543757};
  const Tensor tilt = (m * h).clamp_(-0.25, 0.25), width = h.clamp_max(0.2), bend = width.square();
  Tensor mean = at::full_like(tilt, weights[0]);
  for (int i = 1; i < 5; ++i) mean.add_((tilt * -nodes[i]).add_(bend, -nodes[i] * nodes[i] / 2).exp_(), weights[i]);
  return mean.mul_(width).mul_(2);
}

// With the ends reflected so that lo <= -|hi|, hi has the greater density, and
//   r = log Z - log phi(hi) = log( R(-hi) - R(-lo) exp(-(lo^2 - hi^2)/2) )
// has no large part that cancels, neither in log Z nor in d log Z / d hi = exp(-r). Where 0 lies well inside the
// interval, Z = 1 - Phi(lo) - Phi(-hi) instead; where it is narrow, quadrature. The three are joined by masks,
// several times faster than at::where.
Derived log_difference_rule(const Tensor& a_in, const Tensor& b_in, bool derivatives) {
  // phi is 0 well before 1e150, and its square is still finite
  const Tensor a = a_in.to(at::kDouble).clamp(-1e150, 1e150), b = b_in.to(at::kDouble).clamp(-1e150, 1e150);
  const Tensor lo = at::minimum(a, -b), hi = at::minimum(b, -a);
  const Tensor width = hi - lo, middle = (lo + hi).div_(2), drop = width * -middle, fall = at::exp(-drop);
  const Tensor lo_mills = mills(-lo), hi_mills = mills(hi.abs()), hi_energy = energy(hi);

  const Tensor is_narrow = (width < 0.4).logical_and_(drop < 0.25), is_across = (hi > 0).logical_and_(~is_narrow);
  const Tensor narrow = is_narrow.to(at::kDouble), across = is_across.to(at::kDouble), beside = 1 - narrow - across;
  const Tensor lo_scaled = lo_mills.mul_(fall);
  const Tensor z = narrow_mass(middle, width / 2).mul_(narrow) + (hi_mills - lo_scaled).mul_(beside) +
                   (1 - (hi_mills + lo_scaled).mul_(at::exp(-hi_energy))).mul_(across);
  const Tensor log_z = z.log_();
  const Tensor shift = (hi + middle).mul_(width).div_(4).mul_(narrow);  // (hi^2 - middle^2) / 2

  const Tensor value = log_z + shift - hi_energy * (1 - across);
  if (!derivatives) return {value.to(a_in.dtype()), {}, {}};
  const Tensor r = log_z + shift + hi_energy * across, rise = (b - a).mul_(a + b).div_(2);
  const Tensor at_a = (r + rise.clamp_max(0).neg_()).neg_().exp_(), at_b = (r + rise.clamp_min(0)).neg_().exp_();
  return {value.to(a_in.dtype()), at_a.neg_().to(a_in.dtype()), at_b.to(b_in.dtype())};
}

// The same in one pass, value by value.

[[gnu::always_inline]] inline double least(double a, double b) { return b < a ? b : a; }     // a where one is NaN
[[gnu::always_inline]] inline double greatest(double a, double b) { return a < b ? b : a; }  // a where one is NaN

[[gnu::always_inline]] inline double mills(double x) {
  return fast::polynomial<24>(mills_series, 1 - 10 / (x + 5)) / (x + 1);
}

[[gnu::always_inline]] inline double narrow_mass(double m, double h) {
  constexpr double nodes[] = {0.538469310105683091036, 0.906179845938663992798};
  constexpr double weights[] = {0.239314335249683234021, 0.118463442528094543757};
  const double tilt = least(greatest(m * h, -0.25), 0.25), width = least(h, 0.2), bend = width * width;
  double mean = 64. / 225;
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    const double even = bend * (-nodes[i] * nodes[i] / 2), odd = tilt * nodes[i];
    mean += weights[i] * (fast::exp(even - odd) + fast::exp(even + odd));
  }
  return 2 * width * mean;
}

template <bool slopes>
[[gnu::always_inline]] inline void log_difference(const double* const* in, double* const* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double a = least(greatest(in[0][i], -1e150), 1e150), b = least(greatest(in[1][i], -1e150), 1e150);
    const double lo = least(a, -b), hi = least(b, -a);
    const double width = hi - lo, middle = (lo + hi) / 2, drop = width * -middle;
    const double lo_scaled = mills(-lo) * fast::exp(-drop), hi_mills = mills((hi < 0 ? -hi : hi)),
                 hi_energy = hi * hi / 2 + half_log_2pi;
    const bool is_narrow = (width < 0.4) & (drop < 0.25), is_across = (hi > 0) & !is_narrow;
    const double apart = is_across ? 1 - (hi_mills + lo_scaled) * fast::exp(-hi_energy) : hi_mills - lo_scaled;
    const double z = is_narrow ? narrow_mass(middle, width / 2) : apart;
    const double log_z = z > 0 ? fast::log(z) : -std::numeric_limits<double>::infinity() + z;  // z may be NaN
    const double shift = is_narrow ? (hi + middle) * width / 4 : 0;                            // (hi^2 - middle^2) / 2
    out[0][i] = log_z + shift - (is_across ? 0 : hi_energy);
    if (slopes) {
      const double r = log_z + shift + (is_across ? hi_energy : 0), rise = (b - a) * (a + b) / 2;
      out[1][i] = -fast::exp(least(rise, 0.) - r);
      out[2][i] = fast::exp(-r - greatest(rise, 0.));
    }
  }
}

constexpr auto log_difference_values = clones<log_difference<false>>;
constexpr auto log_difference_slopes = clones<log_difference<true>>;

Derived log_difference_blocks(const Tensor& a, const Tensor& b, bool derivatives) {
  if (!fits_blocks(a) || !fits_blocks(b)) return log_difference_rule(a, b, derivatives);
  const auto made = by_blocks({a, b}, derivatives ? 3 : 1, a.scalar_type(),
                              derivatives ? log_difference_slopes : log_difference_values);
  return derivatives ? Derived{made[0], made[1], made[2]} : Derived{made[0], {}, {}};
}

}  // namespace

Tensor log_ndtr(const Tensor& t) { return apply_rule(t, log_ndtr_rule); }

Tensor log_ndtr_difference(const Tensor& a, const Tensor& b) { return apply_rule(a, b, log_difference_blocks); }

}  // namespace elbo
