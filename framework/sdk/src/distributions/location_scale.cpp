#include <ATen/ExpandUtils.h>
#include <ATen/ops/where.h>
#include <algorithm>

#include <elbo/distributions.hpp>
#include <elbo/tensor.hpp>

#include "sdk/src/distributions/normal_window.hpp"
#include "sdk/src/tensor/blocks.hpp"
#include "sdk/src/tensor/clones.hpp"
#include "sdk/src/tensor/explicit_gradient.hpp"
#include "sdk/src/tensor/fast_double.hpp"

namespace elbo {
namespace {

using window::Interval;

/// A value and its derivatives by loc and log_scale. That of a density by x is the first one's negative.
template <class T>
struct Parts {
  T value, by_loc, by_log_scale;
};

/// Of an interval: its log-mass is log(total) less `below`; and the derivatives of that.
template <class T>
struct IntervalMass {
  T total, below, by_loc, by_log_scale;
};

template <class T>
[[gnu::always_inline]] inline Parts<T> normal_density(const T& x, const T& loc, const T& log_scale) {
  const T inverse = generic::exp(-log_scale), r = (x - loc) * inverse, pull = r * inverse;
  return {-r * r / 2 - log_scale - half_log_2pi, pull, (r - 1) * (r + 1)};
}

// The derivatives are what the density at the ends makes of them, per mass. That by log_scale, the mean of r^2 - 1, would cancel so
// beside the location where the interval is narrow.
template <bool slopes, class T>
[[gnu::always_inline]] inline IntervalMass<T> normal_mass(const T& low, const T& high, const T& loc, const T& inverse) {
  const Interval<T> i = Interval<T>::of(low, high, loc, inverse);
  const auto e = window::Ends<T>::of(i);
  const T near = window::tail<false>(generic::choose(e.is_beside, e.h, i.left)).zeroth,
          far = window::tail<false>(e.h + e.to_right).zeroth;
  const auto narrow = window::quadrature<slopes>(e);
  const T total = generic::choose(e.is_narrow, narrow.zeroth, e.without(0 * e.h + window::root_2_pi, near, far));
  IntervalMass<T> p{total, e.h * e.h / 2 + half_log_2pi, {}, {}};
  if constexpr (slopes) {
    const T per_mass = 1 / total;
    const T of_ends = (e.h - e.to_left * e.at_left - (e.h + e.to_right) * e.at_right) * per_mass;
    const T of_narrow = e.h * e.h + (2 * e.h * narrow.first + narrow.second) * per_mass - 1;
    p.by_loc = window::fall_across(i, e) * per_mass * inverse;
    p.by_log_scale = generic::choose(e.is_beside, generic::choose(e.is_narrow, of_narrow, of_ends), of_ends);
  }
  return p;
}

/// Gauss-Legendre on [0, 1], to 2e-14 of the mass where it is as narrow as that.
constexpr double narrow_nodes[4] = {0.06943184420297371239, 0.33000947820757186760, 0.66999052179242813240,
                                    0.93056815579702628761};
constexpr double narrow_weights[4] = {0.17392742256872692868, 0.32607257743127307131, 0.32607257743127307131,
                                      0.17392742256872692868};
constexpr double narrow_width = 0.15, narrow_drop = 0.25;

/// The same of a narrow interval, as the levels of 8 bits are under most scales: by quadrature alone, a third of the arithmetic.
/// Nothing cancels in the means of q and of r^2 - 1 there.
template <bool slopes>
[[gnu::always_inline]] inline IntervalMass<double> narrow_normal_mass(double low, double high, double loc,
                                                                      double inverse) {
  const auto i = Interval<double>::of(low, high, loc, inverse);
  const double h = generic::abs(i.off), width = i.left + i.right, start = h > 0 ? 0 : -i.left;
  double m0 = 0, m1 = 0,
         m2 = 0;  // of 1, u and u^2, u scales from the mode, away from the location where that is beside it
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    const double u = width * narrow_nodes[k] + start, away = generic::abs(u),
                 mass = fast::exp_near_0(-away * (h + away / 2)) * narrow_weights[k];
    m0 += mass;
    if (slopes) m1 += mass * u, m2 += mass * u * u;
  }
  IntervalMass<double> p{m0 * width, h * h / 2 + half_log_2pi, 0, 0};
  if (slopes) {
    const double per_mass = 1 / m0, pull = (h + m1 * per_mass) * inverse;
    p.by_loc = i.off < 0 ? -pull : pull;
    p.by_log_scale = h * h + (2 * h * m1 + m2) * per_mass - 1;
  }
  return p;
}

// Beside the location, where one of the two sides is empty, the mass is e^-h (1 - e^-width) / 2; about it what both sides have.
template <bool slopes, class T>
[[gnu::always_inline]] inline IntervalMass<T> laplace_mass(const T& low, const T& high, const T& loc,
                                                           const T& inverse) {
  const Interval<T> i = Interval<T>::of(low, high, loc, inverse);
  const T h = generic::abs(i.off);
  const auto at_left = generic::decay(-i.left), at_right = generic::decay(-i.right);
  const T total = -(at_left.less_one + at_right.less_one);
  IntervalMass<T> p{total, h + log_2, {}, {}};
  if constexpr (slopes) {
    const T beside = generic::choose(i.off < 0, -inverse, inverse), longer = i.right - i.left, per_mass = 1 / total;
    const T nearer = generic::choose(longer < 0, at_right.value, at_left.value);
    const T pull = nearer * -generic::expm1(-generic::abs(longer)) * per_mass * inverse;
    p.by_loc = generic::choose(h > 0, beside, generic::choose(longer < 0, -pull, pull));
    p.by_log_scale = h - (i.left * at_left.value + i.right * at_right.value) * per_mass;
  }
  return p;
}

void normal_density_values_body(const double* const* in, double* const* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) out[0][i] = normal_density(in[0][i], in[1][i], in[2][i]).value;
}
constexpr auto normal_density_values = clones<normal_density_values_body>;

void normal_density_slopes_body(const double* const* in, double* const* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const Parts<double> p = normal_density(in[0][i], in[1][i], in[2][i]);
    out[0][i] = p.value, out[1][i] = p.by_loc, out[2][i] = p.by_log_scale;
  }
}
constexpr auto normal_density_slopes = clones<normal_density_slopes_body>;

/// What the loops over a block hand on: of each value the inverse scale, the total and what its logarithm is less. Short loops one
/// after the other instead of a long one: a processor works at several of their values at once.
struct Stages {
  double inverse[block_size], total[block_size], below[block_size];
};

template <bool slopes, class F>
[[gnu::always_inline]] inline void mass_loop(const double* const* in, double* const* out, Stages& s, int64_t first,
                                             int64_t last, F&& f) {
#pragma omp simd
  for (int64_t i = first; i < last; ++i) {
    const IntervalMass<double> p = f(in[0][i], in[1][i], in[2][i], s.inverse[i]);
    s.total[i] = p.total, s.below[i] = p.below;
    if (slopes) out[1][i] = p.by_loc, out[2][i] = p.by_log_scale;
  }
}

[[gnu::always_inline]] inline void invert(const double* log_scale, Stages& s, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) s.inverse[i] = fast::exp(-log_scale[i]);
}

[[gnu::always_inline]] inline void take_logs(const Stages& s, double* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) out[i] = generic::log(s.total[i]) - s.below[i];
}

[[gnu::always_inline]] inline bool all_narrow(const double* const* in, const double* inverse, int64_t first,
                                              int64_t last) {
  double largest = 0;  // in parts of what is narrow
#pragma omp simd reduction(max : largest)
  for (int64_t i = first; i < last; ++i) {
    const auto interval = Interval<double>::of(in[0][i], in[1][i], in[2][i], inverse[i]);
    const double width = interval.left + interval.right, h = generic::abs(interval.off),
                 steep = (h + width / 2) * (1 / narrow_drop),
                 steepest = steep < 1 / narrow_width ? 1 / narrow_width : steep;
    const double part = width > 0 ? width * steepest : 1;  // an empty interval has no mean
    largest = part > largest ? part : largest;
  }
  return largest < 1;
}

template <bool slopes>
[[gnu::always_inline]] inline void normal_masses(const double* const* in, double* const* out, int64_t n) {
  constexpr int64_t some = 32;  // so few that where most are narrow, most of these stretches are
  Stages s;
  invert(in[3], s, n);
  for (int64_t first = 0; first < n; first += some) {
    const int64_t last = std::min(n, first + some);
    if (all_narrow(in, s.inverse, first, last))
      mass_loop<slopes>(in, out, s, first, last,
                        [](auto... of) __attribute__((always_inline)) { return narrow_normal_mass<slopes>(of...); });
    else
      mass_loop<slopes>(in, out, s, first, last,
                        [](auto... of) __attribute__((always_inline)) { return normal_mass<slopes>(of...); });
  }
  take_logs(s, out[0], n);
}

template <bool slopes>
[[gnu::always_inline]] inline void laplace_masses(const double* const* in, double* const* out, int64_t n) {
  Stages s;
  invert(in[3], s, n);
  mass_loop<slopes>(in, out, s, 0, n,
                    [](auto... of) __attribute__((always_inline)) { return laplace_mass<slopes>(of...); });
  take_logs(s, out[0], n);
}

constexpr auto normal_mass_values = clones<normal_masses<false>>;
constexpr auto normal_mass_slopes = clones<normal_masses<true>>;
constexpr auto laplace_mass_values = clones<laplace_masses<false>>;
constexpr auto laplace_mass_slopes = clones<laplace_masses<true>>;

template <class F>
Tensor mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale, Block values,
            Block slopes, F&& formula) {
  const Tensor each = loc.expand(at::infer_size(loc.sizes(), at::infer_size(low.sizes(), high.sizes())));
  return apply_rule(each, log_scale, [&](const Tensor& l, const Tensor& s, bool derivatives) -> Derived {
    if (fits_blocks(low) && fits_blocks(high) && fits_blocks(l) && fits_blocks(s)) {
      const auto made =
          by_blocks({low, high, l, s}, derivatives ? 3 : 1, loc.scalar_type(), derivatives ? slopes : values);
      return derivatives ? Derived{made[0], made[1], made[2]} : Derived{made[0]};
    }
    const IntervalMass<Tensor> p = formula(generic::to_double(low), generic::to_double(high), generic::to_double(l),
                                           generic::exp(-generic::to_double(s)));
    return {(generic::log(p.total) - p.below).toType(loc.scalar_type()), p.by_loc, p.by_log_scale};
  });
}

}  // namespace

Tensor log_normal_density(const Tensor& x, const Tensor& loc, const Tensor& log_scale) {
  return apply_rule(
      x, loc, log_scale, [&](const Tensor& at, const Tensor& l, const Tensor& s, bool derivatives) -> Derived {
        if (fits_blocks(at) && fits_blocks(l) && fits_blocks(s)) {
          const auto made = by_blocks({at, l, s}, derivatives ? 3 : 1, loc.scalar_type(),
                                      derivatives ? normal_density_slopes : normal_density_values);
          if (!derivatives) return {made[0]};
          return {made[0], x.requires_grad() ? -made[1] : Tensor(), made[1], made[2]};
        }
        const Parts<Tensor> p = normal_density(generic::to_double(at), generic::to_double(l), generic::to_double(s));
        return {p.value.toType(loc.scalar_type()), -p.by_loc, p.by_loc, p.by_log_scale};
      });
}

Tensor log_normal_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale) {
  return mass(low, high, loc, log_scale, normal_mass_values, normal_mass_slopes, normal_mass<true, Tensor>);
}

Tensor log_laplace_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale) {
  return mass(low, high, loc, log_scale, laplace_mass_values, laplace_mass_slopes, laplace_mass<true, Tensor>);
}

namespace {

/// edge, loc and log_scale in; the value and its derivatives by the last two out, these where `slopes`.
template <bool slopes>
[[gnu::always_inline]] inline void loop(const double* const* in, double* const* out, int64_t n) {
  const double *edge = in[0], *loc = in[1], *log_scale = in[2];
  double *value = out[0], *by_loc = out[1], *by_log_scale = out[2];
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double x = edge[i], inverse = fast::exp(-log_scale[i]);
    const bool infinite = (x > 1e308) | (x < -1e308);
    const double inner = ((infinite ? 0 : x) - loc[i]) * inverse;
    value[i] = infinite ? x : inner;
    if (slopes) {
      by_loc[i] = infinite ? 0 : -inverse;
      by_log_scale[i] = infinite ? 0 : -inner;
    }
  }
}

constexpr auto values = clones<loop<false>>;
constexpr auto values_and_slopes = clones<loop<true>>;

Tensor plain(const Tensor& edge, const Tensor& loc, const Tensor& log_scale) {
  const Tensor infinite = edge.isinf();
  const Tensor finite = edge.masked_fill(infinite, 0).to(at::kDouble);
  const Tensor inner = (finite - loc.to(at::kDouble)) * log_scale.to(at::kDouble).neg().exp();
  return at::where(infinite, edge.to(at::kDouble), inner);
}

}  // namespace

Tensor standardized(const Tensor& edge, const Tensor& loc, const Tensor& log_scale) {
  const bool fits = fits_blocks(edge) && fits_blocks(loc) && fits_blocks(log_scale) && !edge.requires_grad();
  if (!fits) return plain(edge, loc, log_scale);
  const Tensor each = loc.expand(at::infer_size(loc.sizes(), edge.sizes()));
  return apply_rule(each, log_scale, [&](const Tensor& l, const Tensor& s, bool derivatives) -> Derived {
    const auto made =
        by_blocks({edge, l, s}, derivatives ? 3 : 1, at::kDouble, derivatives ? values_and_slopes : values);
    return derivatives ? Derived{made[0], made[1], made[2]} : Derived{made[0], {}, {}};
  });
}

}  // namespace elbo
