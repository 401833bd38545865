// The mass of an interval under the distribution of y = logit(x), x ~ Beta(alpha, beta), with all its derivatives.
//
// With p = alpha / (alpha + beta), n = alpha + beta and d = y - logit(p) the density of y is
//   exp(peak - depth(d)),   depth(d) = n log(1 - p + p e^d) - alpha d,
// log-concave with its mode at d = 0. Student's t is the case alpha = beta = dof / 2. Three ways, to about 1e-13 each:
// - half-lines (the outermost levels) by the continued fraction of the incomplete beta function,
// - narrow intervals (all other levels) by five nodes of Gauss-Legendre, the spread being its Taylor series,
// - the rest by Gauss-Legendre on panels that see the density fall by e^-10 at most, each side of the mode on its own,
//   reflected so that d <= 0; where e^d has vanished from the depth the rest of the tail is an exponential.
#include <ATen/Parallel.h>
#include <ATen/ops/broadcast_tensors.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include <elbo/distributions.hpp>
#include <elbo/tensor.hpp>
#include "sdk/src/tensor/explicit_gradient.hpp"
#include "sdk/src/tensor/gauss_legendre.hpp"

namespace elbo {
namespace {

constexpr double negligible = 40;   // e^-40 = 4e-18
constexpr double most_steps = 120;  // of the continued fraction

// log Gamma(a) less Stirling's main part, and its derivative. Below 8 through Gamma(a) = Gamma(a + 8) / (a ... (a + 7)).
struct Remainder {
  double value, slope;

  explicit Remainder(double a) {
    constexpr double series[] = {1. / 12,   -1. / 360,      1. / 1260, -1. / 1680,
                                 1. / 1188, -691. / 360360, 1. / 156,  -3617. / 122400};
    const bool far = a >= 8;
    const double b = far ? a : a + 8, inverse = 1 / b, u = inverse * inverse;
    double sum = series[7], rise = 15 * series[7];
    for (int k = 6; k >= 0; --k) {
      sum = sum * u + series[k];
      rise = rise * u + (2 * k + 1) * series[k];
    }
    value = sum * inverse;
    slope = -rise * u;
    if (far) return;
    double product = 1, derivative = 0;  // of a (a + 1) ... (a + 7) / a^8 less the powers of a
    for (int i = 0; i < 8; ++i) {
      derivative = derivative * (a + i) + product;
      product *= a + i;
    }
    const double log_b = std::log(b), log_a = std::log(a);
    value += (b - 0.5) * log_b - (a - 0.5) * log_a - std::log(product) - 8;
    slope += log_b - log_a - 0.5 * inverse + 0.5 / a - derivative / product;
  }
};

// Beta(near, away) seen from the left of its mode: d = y - log(near / away) <= 0, or a little above.
struct Side {
  double near, away, n, p, q;
  Side(double a, double b) : near(a), away(b), n(a + b), p(a / n), q(b / n) {}

  // log(1 - p + p e^d), exact near d = 0 and where p is near 1
  double spread(double d) const { return d > -0.5 ? std::log1p(p * std::expm1(d)) : std::log(q + p * std::exp(d)); }
  double depth(double d) const { return n * spread(d) - near * d; }
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
      for (const double d : {centre - half * legendre_nodes[i], centre + half * legendre_nodes[i]}) {
        const double spread = side.spread(d);
        m.add(half * legendre_weights[i] * std::exp(floor - (side.n * spread - side.near * d)), d, spread);
      }
  }
}

// Below -(36 + log(p / (1 - p))) the spread is the constant log(1 - p) and the integrand e^(near d) times it.
void add_far(Moments& m, const Side& side, double from, double to, double floor) {
  const double spread = std::log(side.q), length = to - from;
  const double kept = -std::expm1(-side.near * length);
  const double mass = std::exp(floor - side.depth(to)) * kept / side.near;
  const double lost = kept > 0 ? length * (1 - kept) / kept : 0;
  m.add(mass, to - 1 / side.near + lost, spread);
}

// from < to <= 0; from may be -inf
Moments integrate(const Side& side, double from, double to, double floor) {
  Moments m;
  const double start = reach(side, to, from);
  const double bend = -(36 + std::max(0., std::log(side.near / side.away)));
  if (start < bend) add_far(m, side, start, std::min(bend, to), floor);
  if (to > bend) add_panels(m, side, std::max(start, bend), to, floor);
  return m;
}

struct Result {
  double log_mass, d_lo, d_hi, d_alpha, d_beta;
};

// One distribution, and what does not depend on the interval; a shared dof gives the same one to every value of a batch.
struct Distribution {
  Side left, right;
  double mode, peak, base_alpha, base_beta;  // the log density at the mode, and its derivatives at a fixed x / p

  Distribution(double alpha, double beta) : left(alpha, beta), right(beta, alpha), mode(std::log(alpha / beta)) {
    const Remainder all(left.n), a(alpha), b(beta);
    peak = 0.5 * (std::log(alpha) + std::log(left.q)) - half_log_2pi + all.value - a.value - b.value;
    const double common = all.slope - 0.5 / left.n;
    base_alpha = 0.5 / alpha + common - a.slope;
    base_beta = 0.5 / beta + common - b.slope;
  }

  Result of_moments(const Moments& m, double log_scale, double at_lo, double at_hi) const {
    return {peak + log_scale + std::log(m.mass), -at_lo / m.mass, at_hi / m.mass, m.log_near / m.mass + base_alpha,
            m.log_away / m.mass + base_beta};
  }
};

// An interval so narrow that the spread is its Taylor series and the integrand close to a parabola: five nodes.
constexpr double narrow_half = 0.125, narrow_fall = 0.5;

struct Series {
  double s1, s2, s3, s4, s5, s6, s7, s8;  // derivatives of the spread over their factorials
  explicit Series(double r) {
    const double v = r * (1 - r), w = v * (1 - 2 * r);
    s1 = r, s2 = v / 2, s3 = w / 6, s4 = v * (1 - 6 * v) / 24, s5 = w * (1 - 12 * v) / 120;
    s6 = v * (1 + v * (-30 + 120 * v)) / 720, s7 = w * (1 + v * (-60 + 360 * v)) / 5040;
    s8 = v * (1 + v * (-126 + v * (1680 - 5040 * v))) / 40320;
  }
};

// Of the integrand over its value at the centre c; false when it is not narrow enough.
struct Narrow {
  Moments moments;
  double at_low, at_high;
};

std::optional<Narrow> narrow(const Side& side, double c, double half) {
  const double e = std::exp(c), tilt = side.slope(c);
  const Series t(side.p * e / (side.q + side.p * e));
  if (half > narrow_half || (std::abs(tilt) + side.n * t.s2 * half) * half > narrow_fall) return {};
  constexpr double node[] = {0.538469310105683091036, 0.906179845938663992798, 1};
  constexpr double weight[] = {0.478628670499366468041, 0.236926885056189087514, 0};
  const double spread = side.spread(c);
  Narrow result{};
  result.moments.add(half * (128. / 225), c, spread);
  for (int i = 0; i < 3; ++i) {
    const double x = half * node[i], u = x * x;
    const double bend = u * (t.s2 + u * (t.s4 + u * (t.s6 + u * t.s8))), skew = x * u * (t.s3 + u * (t.s5 + u * t.s7));
    const double even = -side.n * bend, odd = side.n * skew + tilt * x;
    result.at_low = std::exp(even + odd);
    result.at_high = std::exp(even - odd);
    result.moments.add(half * weight[i] * result.at_low, c - x, spread + bend - skew - t.s1 * x);
    result.moments.add(half * weight[i] * result.at_high, c + x, spread + bend + skew + t.s1 * x);
  }
  return result;
}

// The mass below d by the continued fraction of the incomplete beta function (DLMF 8.17.22), from its end, with
// its derivatives by both parameters. Nothing when it would take too many steps.
struct Tail {
  double log_mass, slope, d_near, d_away;  // slope: by d
};

std::optional<Tail> tail(const Distribution& distribution, const Side& side, double d) {
  const double a = side.near, b = side.away;
  const double needed = 14 + 3 * std::sqrt(std::max(a, b));
  if (needed > most_steps) return {};
  const int steps = static_cast<int>(needed);
  const double e = std::exp(d), spread = side.spread(d), x = side.p * e / (side.q + side.p * e);
  double f = 1, fa = 0, fb = 0;
  const auto step = [&](double c, double ca, double cb) {
    const double inverse = 1 / f, ratio = c * inverse;
    fa = (ca - ratio * fa) * inverse;
    fb = (cb - ratio * fb) * inverse;
    f = 1 + ratio;
  };
  for (int m = steps; m >= 0; --m) {
    const double k = a + 2 * m, scale = x / (k * (k + 1)), c = -(a + m) * (a + b + m) * scale;
    if (m < steps) {
      const double j = m + 1, even_scale = x / ((k + 1) * (k + 2)), even = j * (b - j) * even_scale;
      step(even, -even * (2 * k + 3) / ((k + 1) * (k + 2)), j * even_scale);
    }
    step(c, -(2 * a + b + 2 * m) * scale - c * (2 * k + 1) / (k * (k + 1)), -(a + m) * scale);
  }
  const bool is_left = &side == &distribution.left;
  const double base_near = is_left ? distribution.base_alpha : distribution.base_beta,
               base_away = is_left ? distribution.base_beta : distribution.base_alpha;
  return Tail{distribution.peak - side.depth(d) - std::log(a * f), a * f, d - spread + base_near - 1 / a - fa / f,
              base_away - spread - fb / f};
}

// The mass below (or above) an edge: the fraction converges fast from one of its two sides, and 1 less that is the other.
// Nothing where that loses digits.
std::optional<Result> half_line(const Distribution& distribution, double d, bool below) {
  const double grown = distribution.left.p * std::exp(d), n = distribution.left.n;
  const bool is_left = grown * (n + 2) <= (distribution.left.near + 1) * (distribution.left.q + grown),
             inside = below == is_left;
  const auto t = tail(distribution, is_left ? distribution.left : distribution.right, is_left ? d : -d);
  if (!t || (!inside && t->log_mass > -1e-3)) return {};
  const double factor = inside ? 1 : -1 / std::expm1(-t->log_mass);
  const double log_mass = inside ? t->log_mass : std::log1p(-std::exp(t->log_mass));
  const double edge = t->slope * std::abs(factor), near = factor * t->d_near, away = factor * t->d_away;
  return Result{log_mass, below ? 0 : -edge, below ? edge : 0, is_left ? near : away, is_left ? away : near};
}

Result by_panels(const Distribution& distribution, double from, double to) {
  const double floor = to < 0 ? distribution.left.depth(to) : from > 0 ? distribution.right.depth(-from) : 0;
  Moments m;
  if (from < 0) m = integrate(distribution.left, from, std::min(to, 0.), floor);
  if (to > 0) {
    const Moments r = integrate(distribution.right, -to, -std::max(from, 0.), floor);
    m.mass += r.mass;
    m.log_near += r.log_away;
    m.log_away += r.log_near;
  }
  const auto density = [&](double d) {
    return std::exp(floor - (d < 0 ? distribution.left.depth(d) : distribution.right.depth(-d)));
  };
  return distribution.of_moments(m, -floor, density(from), density(to));
}

Result mass_of(const Distribution& distribution, double lo, double hi) {
  const double from = lo - distribution.mode, to = hi - distribution.mode, centre = (from + to) / 2;
  if (std::isinf(lo) && std::isinf(hi)) return {0, 0, 0, 0, 0};
  if (std::isinf(lo) || std::isinf(hi))
    if (const auto result = half_line(distribution, std::isinf(lo) ? to : from, std::isinf(lo))) return *result;
  if (to - from <= 2 * narrow_half) {
    const bool is_left = centre <= 0;
    const Side& side = is_left ? distribution.left : distribution.right;
    if (auto close = narrow(side, is_left ? centre : -centre, (to - from) / 2)) {
      if (!is_left) {
        std::swap(close->at_low, close->at_high);
        std::swap(close->moments.log_near, close->moments.log_away);
      }
      return distribution.of_moments(close->moments, -side.depth(is_left ? centre : -centre), close->at_low,
                                     close->at_high);
    }
  }
  return by_panels(distribution, from, to);
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
    std::optional<Distribution> distribution;
    for (int64_t i = begin; i < end; ++i) {
      const double alpha = g[i + 2 * n], beta = g[i + 3 * n];
      if (!distribution || distribution->left.near != alpha || distribution->left.away != beta)
        distribution.emplace(alpha, beta);
      const Result r = mass_of(*distribution, g[i], g[i + n]);
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
