#include "elbo/location_scale.hpp"

#include <ATen/ExpandUtils.h>

#include <elbo/clones.hpp>
#include <elbo/math.hpp>

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

// The derivative by log_scale is the mean of r^2 - 1 under the cut density; of a wide interval, where that cancels, it is what the
// density at the ends makes of it.
template <bool slopes, class T>
[[gnu::always_inline]] inline Parts<T> normal_mass(const T& low, const T& high, const T& loc, const T& log_scale) {
  const T inverse = either::exp(-log_scale);
  const Interval<T> i = Interval<T>::of(low, high, loc, inverse);
  const auto m = window::mass_of<slopes>(i);
  const T h = either::abs(i.off);
  Parts<T> p{either::log(m.total) - h * h / 2 - half_log_2pi, {}, {}};
  if constexpr (slopes) {
    const T width = i.left + i.right, drop = width * (h + width / 2);  // beside the location one of the two is 0
    const auto flow = [](const T& w) { return w * either::exp(-w * w / 2); };
    const T inside = -(flow(i.left) + flow(i.right)) / m.total;
    const T wide = (h - (h + width) * either::exp(-drop)) / m.total, narrow = h * h + 2 * h * m.distance + m.square - 1;
    p.by_loc = (i.off + m.shift) * inverse;
    p.by_log_scale = either::choose(h > 0, either::choose(drop < 0.25, narrow, wide), inside);
  }
  return p;
}

// Beside the location the mass is e^-h (1 - e^-width) / 2; about it what both sides have, each from the location on.
template <bool slopes, class T>
[[gnu::always_inline]] inline Parts<T> laplace_mass(const T& low, const T& high, const T& loc, const T& log_scale) {
  const T inverse = either::exp(-log_scale);
  const Interval<T> i = Interval<T>::of(low, high, loc, inverse);
  const T h = either::abs(i.off), width = i.left + i.right, kept = -either::expm1(-width);
  const T both = -(either::expm1(-i.left) + either::expm1(-i.right));
  const auto is_beside = h > 0;
  Parts<T> p{either::choose(is_beside, either::log(kept) - h, either::log(both)) - log_2, {}, {}};
  if constexpr (slopes) {
    const T beside = either::choose(i.off < 0, -inverse, inverse), longer = i.right - i.left;
    const T nearer = either::choose(longer < 0, i.right, i.left);
    const T pull = either::exp(-nearer) * -either::expm1(-either::abs(longer)) / both * inverse;
    p.by_loc = either::choose(is_beside, beside, either::choose(longer < 0, -pull, pull));
    const auto flow = [](const T& w) { return w * either::exp(-w); };
    p.by_log_scale = either::choose(is_beside, h - flow(width) / kept, -(flow(i.left) + flow(i.right)) / both);
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

#define ELBO_MASS(name)                                                                                                  \
  ELBO_CLONES void name##_values(const double* const* in, double* const* out, int64_t n) {                               \
    _Pragma("omp simd") for (int64_t i = 0; i < n; ++i) out[0][i] = name<false>(in[0][i], in[1][i], in[2][i], in[3][i]).value; \
  }                                                                                                                      \
  ELBO_CLONES void name##_slopes(const double* const* in, double* const* out, int64_t n) {                               \
    _Pragma("omp simd") for (int64_t i = 0; i < n; ++i) {                                                                \
      const Parts<double> p = name<true>(in[0][i], in[1][i], in[2][i], in[3][i]);                                        \
      out[0][i] = p.value, out[1][i] = p.by_loc, out[2][i] = p.by_log_scale;                                             \
    }                                                                                                                    \
  }
ELBO_MASS(normal_mass)
ELBO_MASS(laplace_mass)
#undef ELBO_MASS

template <class F>
Tensor mass(const Tensor& low, const Tensor& high, const Tensor& loc, const Tensor& log_scale, Block values, Block slopes, F&& formula) {
  const Tensor each = loc.expand(at::infer_size(loc.sizes(), at::infer_size(low.sizes(), high.sizes())));
  return apply_rule(each, log_scale, [&](const Tensor& l, const Tensor& s, bool derivatives) -> Derived {
    if (fits_blocks(low) && fits_blocks(high) && fits_blocks(l) && fits_blocks(s)) {
      const auto made = by_blocks({low, high, l, s}, derivatives ? 3 : 1, loc.scalar_type(), derivatives ? slopes : values);
      return derivatives ? Derived{made[0], made[1], made[2]} : Derived{made[0]};
    }
    const Parts<Tensor> p = formula(either::to_double(low), either::to_double(high), either::to_double(l), either::to_double(s));
    return {p.value.toType(loc.scalar_type()), p.by_loc, p.by_log_scale};
  });
}

}  // namespace

Tensor log_normal_density(const Tensor& x, const Tensor& loc, const Tensor& log_scale) {
  return apply_rule(x, loc, log_scale, [&](const Tensor& at, const Tensor& l, const Tensor& s, bool derivatives) -> Derived {
    if (fits_blocks(at) && fits_blocks(l) && fits_blocks(s)) {
      const auto made = by_blocks({at, l, s}, derivatives ? 3 : 1, loc.scalar_type(), derivatives ? normal_density_slopes : normal_density_values);
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
