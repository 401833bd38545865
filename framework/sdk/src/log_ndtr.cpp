// log Phi and the log of differences of Phi. All inside is float64: with float32 arguments too, the difference
// of two nearby tails keeps its digits, and the results are rounded once.
#include <ATen/ops/erfc.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <elbo/math.hpp>

#include "given_gradient.hpp"

namespace elbo {
namespace {

constexpr double sqrt_half = 0.707106781186547524401;
constexpr double sqrt_half_pi = 1.25331413731550025121;

// Phi(t) / phi(t) for t <= 0 (Mills 1926), given tail = erfc(-t / sqrt(2)). Beyond 28 standard deviations the
// asymptotic series 1/|t| (1 - 1/t^2 + 3/t^4 - 15/t^6 + ...) has converged to 1e-15 after six terms.
Tensor mills(const Tensor& t, const Tensor& tail) {
  const Tensor x = t * sqrt_half, u = t.square().reciprocal();
  Tensor sum = u * 10395 - 945;
  for (const double c : {105., -15., 3., -1., 1.}) sum = sum * u + c;
  return at::where(t > -28, tail * x.square().exp() * sqrt_half_pi, sum / t.neg());
}

Derived log_ndtr_rule(const Tensor& argument, bool derivatives) {
  const Tensor t = argument.to(at::kDouble), left = t < 0;
  const Tensor tail = at::erfc(t.abs() * sqrt_half), ratio = mills(t.clamp_max(0), tail);
  const Tensor half_square = t.square() / 2 + half_log_2pi;
  const Tensor value = at::where(left, ratio.log() - half_square, (tail * -0.5).log1p());
  if (!derivatives) return {value.to(argument.dtype()), {}, {}};
  const Tensor slope = at::where(left, ratio.reciprocal(), half_square.neg().exp() / (1 - tail / 2));
  return {value.to(argument.dtype()), slope.to(argument.dtype()), {}};
}

// Gauss-Legendre, five nodes, of the integral of phi over an interval of half-width h about m, divided by
// 2 h phi(m): the mean of exp(-m h u - h^2 u^2 / 2) over u in [-1, 1]. Exact to 1e-13 where h, |m h| < 1/4.
Tensor narrow_mean(const Tensor& m, const Tensor& h) {
  constexpr double nodes[] = {0.538469310105683091036, 0.906179845938663992798};
  constexpr double weights[] = {0.478628670499366468041, 0.236926885056189087514};
  const Tensor mh = m * h, square = h.square() * -0.5;
  const auto pair = [&](int i) {
    return (square * (nodes[i] * nodes[i])).exp_() * (mh * nodes[i]).cosh_() * weights[i];
  };
  return pair(0) + pair(1) + 64. / 225;
}

// Reflected so that lo <= -|hi|; then hi is the end with the greater density and
//   r = log Z + hi^2/2 + log(2 pi)/2 = log( R(hi) - R(lo) exp(-(lo^2 - hi^2)/2) ),  R = Phi/phi,
// has no large part that cancels, neither in log Z nor in d log Z / d hi = exp(-r).
Derived log_difference_rule(const Tensor& a_in, const Tensor& b_in, bool derivatives) {
  const Tensor a = a_in.to(at::kDouble), b = b_in.to(at::kDouble), flip = a + b > 0;
  const Tensor lo = at::where(flip, -b, a), hi = at::where(flip, -a, b);
  const Tensor width = hi - lo, middle = (lo + hi) / 2, drop = width * middle.neg();
  const Tensor hi_energy = hi.square() / 2 + half_log_2pi;

  const Tensor lo_tail = at::erfc(lo * -sqrt_half), hi_tail = at::erfc(hi.abs() * sqrt_half);
  const Tensor straddles = hi > 0;
  const Tensor beside = mills(hi.clamp_max(0), hi_tail) - mills(lo, lo_tail) * drop.neg().exp();
  const Tensor across = (lo_tail + hi_tail) / -2;
  const Tensor narrow = (width < 0.4).logical_and_(drop < 0.5);
  const Tensor narrow_r = (width * narrow_mean(middle, width / 2)).log() + width * (hi + middle) / 4;

  const Tensor r = at::where(narrow, narrow_r, beside.log());
  const Tensor outer = straddles.logical_and(narrow.logical_not());
  const Tensor value = at::where(outer, across.log1p(), r - hi_energy);
  const Tensor rounded = value.to(a_in.dtype());
  if (!derivatives) return {rounded, {}, {}};

  const Tensor hi_slope = at::where(outer, -hi_energy - value, -r).exp();
  const Tensor lo_slope = at::where(outer, -lo.square() / 2 - half_log_2pi - value, -r - drop).exp().neg();
  return {rounded, at::where(flip, -hi_slope, lo_slope).to(a_in.dtype()),
          at::where(flip, -lo_slope, hi_slope).to(b_in.dtype())};
}

}  // namespace

Tensor log_ndtr(const Tensor& t) { return apply_rule(t, log_ndtr_rule); }

Tensor log_ndtr_difference(const Tensor& a, const Tensor& b) { return apply_rule(a, b, log_difference_rule); }

}  // namespace elbo
