#include <elbo/distributions.hpp>

#include <ATen/ExpandUtils.h>

#include <elbo/tensor.hpp>
#include "clones.hpp"

#include "blocks.hpp"
#include "given_gradient.hpp"
#include "normal_window.hpp"

namespace elbo {
namespace {

using window::Interval;

/// A value and its derivatives by loc and log_scale. That of a density by x is the first one's negative.
template <class T>
struct Parts {
  T value, by_loc, by_log_scale;
};

template <class T>
[[gnu::always_inline]] inline Parts<T> normal_density(const T& x, const T& loc, const T& log_scale) {
  const T inverse = either::exp(-log_scale), r = (x - loc) * inverse, pull = r * inverse;
  return {-r * r / 2 - log_scale - half_log_2pi, pull, (r - 1) * (r + 1)};
}

// The derivatives are what the density at the ends makes of them, per mass. That by log_scale, the mean of r^2 - 1, would cancel so
// beside the location where the interval is narrow.
template <bool slopes, class T>
[[gnu::always_inline]] inline Parts<T> normal_mass(const T& low, const T& high, const T& loc, const T& log_scale) {
  const T inverse = either::exp(-log_scale);
  const Interval<T> i = Interval<T>::of(low, high, loc, inverse);
  const auto e = window::Ends<T>::of(i);
  const T near = window::tail<false>(either::choose(e.is_beside, e.h, i.left)).zeroth,
          far = window::tail<false>(e.h + e.to_right).zeroth;
  const auto narrow = window::quadrature<slopes>(e);
  const T total = either::choose(e.is_narrow, narrow.zeroth, e.without(0 * e.h + window::root_2_pi, near, far));
  Parts<T> p{either::log(total) - e.h * e.h / 2 - half_log_2pi, {}, {}};
  if constexpr (slopes) {
    const T per_mass = 1 / total;
    const T of_ends = (e.h - e.to_left * e.at_left - (e.h + e.to_right) * e.at_right) * per_mass;
    const T of_narrow = e.h * e.h + (2 * e.h * narrow.first + narrow.second) * per_mass - 1;
    p.by_loc = window::fall_across(i, e) * per_mass * inverse;
    p.by_log_scale = either::choose(e.is_beside, either::choose(e.is_narrow, of_narrow, of_ends), of_ends);
  }
  return p;
}

// Beside the location, where one of the two sides is empty, the mass is e^-h (1 - e^-width) / 2; about it what both sides have.
template <bool slopes, class T>
[[gnu::always_inline]] inline Parts<T> laplace_mass(const T& low, const T& high, const T& loc, const T& log_scale) {
  const T inverse = either::exp(-log_scale);
  const Interval<T> i = Interval<T>::of(low, high, loc, inverse);
  const T h = either::abs(i.off);
  const auto at_left = either::decay(-i.left), at_right = either::decay(-i.right);
  const T total = -(at_left.less_one + at_right.less_one);
  Parts<T> p{either::log(total) - h - log_2, {}, {}};
  if constexpr (slopes) {
    const T beside = either::choose(i.off < 0, -inverse, inverse), longer = i.right - i.left, per_mass = 1 / total;
    const T nearer = either::choose(longer < 0, at_right.value, at_left.value);
    const T pull = nearer * -either::expm1(-either::abs(longer)) * per_mass * inverse;
    p.by_loc = either::choose(h > 0, beside, either::choose(longer < 0, -pull, pull));
    p.by_log_scale = h - (i.left * at_left.value + i.right * at_right.value) * per_mass;
  }
  return p;
}

ELBO_CLONES void normal_density_values(const double* const* in, double* const* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) out[0][i] = normal_density(in[0][i], in[1][i], in[2][i]).value;
}

ELBO_CLONES void normal_density_slopes(const double* const* in, double* const* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const Parts<double> p = normal_density(in[0][i], in[1][i], in[2][i]);
    out[0][i] = p.value, out[1][i] = p.by_loc, out[2][i] = p.by_log_scale;
  }
}

#define ELBO_MASS(name)                                                                    \
  ELBO_CLONES void name##_values(const double* const* in, double* const* out, int64_t n) { \
    _Pragma("omp simd") for (int64_t i = 0; i < n; ++i) out[0][i] =                        \
        name<false>(in[0][i], in[1][i], in[2][i], in[3][i]).value;                         \
  }                                                                                        \
  ELBO_CLONES void name##_slopes(const double* const* in, double* const* out, int64_t n) { \
    _Pragma("omp simd") for (int64_t i = 0; i < n; ++i) {                                  \
      const Parts<double> p = name<true>(in[0][i], in[1][i], in[2][i], in[3][i]);          \
      out[0][i] = p.value, out[1][i] = p.by_loc, out[2][i] = p.by_log_scale;               \
    }                                                                                      \
  }
ELBO_MASS(normal_mass)
ELBO_MASS(laplace_mass)
#undef ELBO_MASS

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
    const Parts<Tensor> p =
        formula(either::to_double(low), either::to_double(high), either::to_double(l), either::to_double(s));
    return {p.value.toType(loc.scalar_type()), p.by_loc, p.by_log_scale};
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
        const Parts<Tensor> p = normal_density(either::to_double(at), either::to_double(l), either::to_double(s));
        return {p.value.toType(loc.scalar_type()), -p.by_loc, p.by_loc, p.by_log_scale};
      });
}

Tensor log_normal_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale) {
  return mass(low, high, loc, log_scale, normal_mass_values, normal_mass_slopes, normal_mass<true, Tensor>);
}

Tensor log_laplace_mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale) {
  return mass(low, high, loc, log_scale, laplace_mass_values, laplace_mass_slopes, laplace_mass<true, Tensor>);
}

}  // namespace elbo
