// Smooth bounds of a parameter. Both are the plain value where that is far from its bounds, to the last digit.
#include <algorithm>
#include <cmath>
#include <elbo/tensor.hpp>
#include <limits>
#include "sdk/src/tensor/clones.hpp"

#include "sdk/src/tensor/blocks.hpp"
#include "sdk/src/tensor/explicit_gradient.hpp"
#include "sdk/src/tensor/fast_double.hpp"

namespace elbo {
namespace {

// Of blocks: the value in out[0] and the derivative in out[1].

// A bound is bent by log(1 + e), the slope is 1 / (1 + e) or e / (1 + e): of e = e^-|distance|.
[[gnu::always_inline]] inline double fall(double distance) { return fast::exp(distance < 0 ? distance : -distance); }

void lower_bound_loop_body(const double* t, double min, double* value, double* slope, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double above = t[i] - min, e = fall(above);
    value[i] = (above < 0 ? min : t[i]) + fast::log1p(e);
    slope[i] = (above < 0 ? e : 1) / (1 + e);
  }
}
constexpr auto lower_bound_loop = clones<lower_bound_loop_body>;

void upper_bound_loop_body(const double* t, double max, double* value, double* slope, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double below = max - t[i], e = fall(below);
    value[i] = (below < 0 ? max : t[i]) - fast::log1p(e);
    slope[i] = (below < 0 ? e : 1) / (1 + e);
  }
}
constexpr auto upper_bound_loop = clones<upper_bound_loop_body>;

// Both bends are one logarithm, of (1 + low) / (1 + high).
void bound_loop_body(const double* t, double min, double max, double* value, double* slope, int64_t n) {
  const double whole = -std::expm1(min - max);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double above = t[i] - min, below = max - t[i], low = fall(above), high = fall(below),
                 per_both = 1 / ((1 + low) * (1 + high));
    const double bent = (above < 0 ? min : below < 0 ? max : t[i]) + fast::log1p((low - high) * (1 + low) * per_both);
    value[i] = bent < min ? min : bent > max ? max : bent;
    slope[i] = (above < 0 ? low : 1) * (below < 0 ? high : 1) * per_both * whole;
  }
}
constexpr auto bound_loop = clones<bound_loop_body>;

/// Beyond this nothing is left of a bend: e^-60 of what is far above it in the last digit, in float64 too.
constexpr double nothing_left = 60, infinite = std::numeric_limits<double>::infinity();

double nearest_bound_body(const double* t, double min, double max, int64_t n) {
  double nearest = nothing_left;
#pragma omp simd reduction(min : nearest)
  for (int64_t i = 0; i < n; ++i) {
    const double above = t[i] - min, below = max - t[i], one = above < nearest ? above : nearest;
    nearest = below < one ? below : one;
  }
  return nearest;
}
constexpr auto nearest_bound = clones<nearest_bound_body>;

/// f(t, value, slope, n) in one pass. Blocks far inside of both bounds, either of which may be infinite, are as they are; NaN is far
/// from neither, and stays.
template <class F>
Derived in_blocks(const Tensor& t, double min, double max, at::ScalarType type, bool derivatives, F&& f) {
  const auto made =
      by_blocks({t}, derivatives ? 2 : 1, type, [&](const double* const* in, double* const* out, int64_t n) {
        double unused[block_size];
        if (nearest_bound(in[0], min, max, n) >= nothing_left) {
          std::copy_n(in[0], n, out[0]);
          if (derivatives) std::fill_n(out[1], n, 1.);
          return;
        }
        f(in[0], out[0], derivatives ? out[1] : unused, n);
      });
  return {made[0], derivatives ? made[1] : Tensor(), {}};
}

}  // namespace

// max(t, min) + softplus(-|t - min|): unlike min + softplus(t - min) it keeps every digit of a t well above min.
Tensor soft_lower_bound(const Tensor& t, double min) { return soft_lower_bound(t, min, t.scalar_type()); }

Tensor soft_lower_bound(const Tensor& t, double min, at::ScalarType type) {
  return apply_rule(t, [=](const Tensor& from, bool derivatives) -> Derived {
    if (fits_blocks(from))
      return in_blocks(from, min, infinite, type, derivatives,
                       [=](const double* in, double* value, double* slope, int64_t n) {
                         lower_bound_loop(in, min, value, slope, n);
                       });
    const Tensor u = from.toType(type);
    return {u.clamp_min(min) + softplus((u - min).abs().neg()), derivatives ? (u - min).sigmoid() : Tensor(), {}};
  });
}

Tensor soft_upper_bound(const Tensor& t, double max, at::ScalarType type) {
  return apply_rule(t, [=](const Tensor& from, bool derivatives) -> Derived {
    if (fits_blocks(from))
      return in_blocks(from, -infinite, max, type, derivatives,
                       [=](const double* in, double* value, double* slope, int64_t n) {
                         upper_bound_loop(in, max, value, slope, n);
                       });
    const Tensor u = from.toType(type);
    return {u.clamp_max(max) - softplus((u - max).abs().neg()), derivatives ? (max - u).sigmoid() : Tensor(), {}};
  });
}

Tensor inverse_soft_lower_bound(const Tensor& y, double min) {
  const Tensor above = (y - min).clamp_min(0.01);
  return above + log1mexp(above) + min;
}

// clamp(t) + softplus(-|t - min|) - softplus(-|t - max|), which is t + softplus(min - t) - softplus(t - max)
// without its cancellation; it keeps every digit of a t that is far from both bounds.
Tensor soft_bound(const Tensor& t, double min, double max) { return soft_bound(t, min, max, t.scalar_type()); }

Tensor soft_bound(const Tensor& t, double min, double max, at::ScalarType type) {
  return apply_rule(t, [=](const Tensor& from, bool derivatives) -> Derived {
    if (fits_blocks(from))
      return in_blocks(from, min, max, type, derivatives,
                       [=](const double* in, double* value, double* slope, int64_t n) {
                         bound_loop(in, min, max, value, slope, n);
                       });
    const Tensor u = from.toType(type);
    const auto bend_at = [&u](double end) { return softplus((u - end).abs().neg()); };
    const Tensor value = (u.clamp(min, max) + bend_at(min) - bend_at(max)).clamp(min, max);
    if (!derivatives) return {value, {}, {}};
    return {value, (u - min).sigmoid() * (max - u).sigmoid() * -std::expm1(min - max), {}};
  });
}

}  // namespace elbo
