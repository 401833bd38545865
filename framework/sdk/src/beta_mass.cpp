// The mass of an interval under the law of y = logit(x), x ~ Beta(alpha, beta), with all its derivatives.
//
// With p = alpha / (alpha + beta), n = alpha + beta and d = y - logit(p) the density of y is
//   exp(mode(alpha, beta) - n h(d)),   h(d) = log(1 - p + p e^d) - p d,
// log-concave with its mode at d = 0. Each side of the mode is integrated on its own, reflected so that d <= 0, by
// Gauss-Legendre on panels that see the integrand fall by e^-10 at most; where e^d has vanished from h the rest of
// the tail is an exponential and integrated in closed form. Student's t is the case alpha = beta = dof / 2.
#include <ATen/Parallel.h>
#include <ATen/ops/broadcast_tensors.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>

#include "elbo/gamma.hpp"
#include "elbo/math.hpp"
#include "given_gradient.hpp"

namespace elbo {
namespace {

constexpr double nodes[] = {0.0950125098376374402, 0.2816035507792589132, 0.4580167776572273863, 0.6178762444026437484,
                            0.7554044083550030339, 0.8656312023878317439, 0.9445750230732325761, 0.9894009349916499326};
constexpr double weights[] = {0.1894506104550684963, 0.1826034150449235889, 0.1691565193950025382,
                              0.1495959888165767321, 0.1246289712555338720, 0.0951585116824927848,
                              0.0622535239386478929, 0.0271524594117540949};
constexpr double negligible = 40;  // e^-40 = 4e-18

// One side of the mode, d <= 0. near is the parameter whose power e^d carries; away is the other one.
struct Side {
  double near, away;
  double n() const { return near + away; }
  double p() const { return near / n(); }

  // log(1 - p + p e^d), exact near d = 0 and where p is near 1
  double spread(double d) const {
    return d > -0.5 ? std::log1p(p() * std::expm1(d)) : std::log(away / n() + p() * std::exp(d));
  }
  double depth(double d) const { return n() * spread(d) - near * d; }
  double slope(double d) const {  // of depth; negative
    const double e = std::exp(d);
    return near * away * std::expm1(d) / (away + near * e);
  }
};

// Integrals of e^(floor - depth(d)): 1, the log of x / p and the log of (1 - x) / (1 - p).
struct Moments {
  double mass = 0, log_near = 0, log_away = 0;
  void add(double weight, double d, double spread) {
    mass += weight;
    log_near += weight * (d - spread);
    log_away -= weight * spread;
  }
};

// Where the integrand has fallen by e^-negligible from its value at `from`, found by Newton's iteration: the depth
// is convex, so that after the first step it comes back from outside.
double reach(const Side& side, double from, double limit) {
  const double target = side.depth(from) + negligible;
  if (std::isfinite(limit) && side.depth(limit) <= target) return limit;
  double d = from - negligible / std::max(side.near, 1e-300);
  for (int i = 0; i < 60; ++i) {
    const double excess = side.depth(d) - target;
    if (excess > -1e-6 && excess < 4) break;
    d -= excess / side.slope(d);
  }
  return std::max(d, limit);
}

void add_panels(Moments& m, const Side& side, double from, double to, double floor) {
  const double fall = side.depth(from) - side.depth(to);
  const int panels = static_cast<int>(std::ceil(std::max({fall / 10, (to - from) / 3, 1.})));
  const double half = (to - from) / (2 * panels);
  for (int k = 0; k < panels; ++k) {
    const double centre = from + (2 * k + 1) * half;
    for (int i = 0; i < 8; ++i)
      for (const double d : {centre - half * nodes[i], centre + half * nodes[i]}) {
        const double spread = side.spread(d);
        m.add(half * weights[i] * std::exp(floor - (side.n() * spread - side.near * d)), d, spread);
      }
  }
}

// Below -(36 + log(p / (1 - p))) the spread is the constant log(1 - p) and the integrand e^(near d) times it.
void add_tail(Moments& m, const Side& side, double from, double to, double floor) {
  const double spread = std::log(side.away / side.n()), length = to - from;
  const double at_end = std::exp(floor - side.depth(to));
  const double kept = -std::expm1(-side.near * length);
  const double mass = at_end * (std::isfinite(length) ? kept : 1) / side.near;
  const double lost = std::isfinite(length) ? length * (1 - kept) : 0;
  const double mean = to - 1 / side.near + (kept > 0 ? lost / kept : 0);
  m.add(mass, mean, spread);
}

// from < to <= 0; from may be -inf
Moments integrate(const Side& side, double from, double to, double floor) {
  Moments m;
  const double start = reach(side, to, from);
  const double bend = -(36 + std::max(0., std::log(side.near / side.away)));
  if (start < bend) add_tail(m, side, start, std::min(bend, to), floor);
  if (to > bend) add_panels(m, side, std::max(start, bend), to, floor);
  return m;
}

double remainder(double a) {
  constexpr double series[] = {1. / 12,   -1. / 360,      1. / 1260, -1. / 1680,
                               1. / 1188, -691. / 360360, 1. / 156,  -3617. / 122400};
  double product = 1, shifted = a;
  for (; shifted < 8; ++shifted) product *= shifted;
  double sum = 0;
  for (int k = 7; k >= 0; --k) sum = (sum / shifted + series[k]) / shifted;
  if (product == 1 && shifted == a) return sum;
  return sum - (shifted - a) + (shifted - 0.5) * std::log(shifted) - (a - 0.5) * std::log(a) - std::log(product);
}

double remainder_slope(double a) {
  constexpr double series[] = {1. / 12,  -1. / 120,     1. / 252, -1. / 240,
                               1. / 132, -691. / 32760, 1. / 12,  -3617. / 8160};
  double reciprocals = 0, shifted = a;
  for (; shifted < 8; ++shifted) reciprocals += 1 / shifted;
  const double u = 1 / (shifted * shifted);
  double sum = 0;
  for (int k = 7; k >= 0; --k) sum = (sum + series[k]) * u;
  return std::log(shifted / a) - 0.5 / shifted + 0.5 / a - sum - reciprocals;
}

struct Result {
  double log_mass, d_lo, d_hi, d_alpha, d_beta;
};

Result mass_of(double lo, double hi, double alpha, double beta) {
  const double n = alpha + beta, mode = std::log(alpha / beta), from = lo - mode, to = hi - mode;
  const Side left{alpha, beta}, right{beta, alpha};
  const double floor = to < 0 ? left.depth(to) : from > 0 ? right.depth(-from) : 0;
  Moments m;
  if (from < 0) m = integrate(left, from, std::min(to, 0.), floor);
  if (to > 0) {
    const Moments r = integrate(right, -to, -std::max(from, 0.), floor);
    m.mass += r.mass;
    m.log_near += r.log_away;
    m.log_away += r.log_near;
  }
  const double peak =
      0.5 * (std::log(alpha) + std::log(beta / n)) - half_log_2pi + remainder(n) - remainder(alpha) - remainder(beta);
  const double log_mass = peak - floor + std::log(m.mass);
  const auto density = [&](double d) {  // over the mass
    return std::isfinite(d) ? std::exp(floor - (d < 0 ? left.depth(d) : right.depth(-d))) / m.mass : 0;
  };
  const double common = remainder_slope(n) - 0.5 / n;
  return {log_mass, -density(from), density(to), m.log_near / m.mass + 0.5 / alpha + common - remainder_slope(alpha),
          m.log_away / m.mass + 0.5 / beta + common - remainder_slope(beta)};
}

// in [4, ...]: lo, hi, alpha, beta
Derived rule(const Tensor& in, bool derivatives) {
  const Tensor given = in.to(at::kCPU, at::kDouble).contiguous();
  const int64_t n = given.numel() / 4;
  const Tensor slopes = at::empty(given.sizes(), given.options()),
               value = at::empty(in.sizes().slice(1), given.options());
  const double* g = given.data_ptr<double>();
  double *v = value.data_ptr<double>(), *d = slopes.data_ptr<double>();
  at::parallel_for(0, n, 256, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Result r = mass_of(g[i], g[i + n], g[i + 2 * n], g[i + 3 * n]);
      v[i] = r.log_mass, d[i] = r.d_lo, d[i + n] = r.d_hi, d[i + 2 * n] = r.d_alpha, d[i + 3 * n] = r.d_beta;
    }
  });
  return {value.to(in.options()), derivatives ? slopes.to(in.options()) : Tensor(), {}};
}

}  // namespace

Tensor log_beta_mass(const Tensor& lo, const Tensor& hi, const Tensor& alpha, const Tensor& beta) {
  std::vector<Tensor> all =
      at::broadcast_tensors({lo.to(at::kDouble), hi.to(at::kDouble), alpha.to(at::kDouble), beta.to(at::kDouble)});
  return apply_rule(at::stack(all), rule);
}

}  // namespace elbo
