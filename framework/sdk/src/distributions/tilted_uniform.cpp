// Measured from the end of greater density, with t = |a|: -t distance - log((1 - e^-t) / t). No large parts cancel, and at a = 0 both
// the value and its derivative x - 1/2 are right.
#include <elbo/distributions.hpp>

#include <ATen/ExpandUtils.h>
#include <ATen/ops/where.h>

#include <elbo/tensor.hpp>
#include "sdk/src/tensor/clones.hpp"

#include "sdk/src/tensor/blocks.hpp"
#include "sdk/src/tensor/explicit_gradient.hpp"
#include "sdk/src/tensor/generic_math.hpp"
#include "sdk/src/tensor/sinhc.hpp"

namespace elbo {
namespace {

/// log((1 - e^-t) / t) for t >= 0, and its derivative.
struct Whole {
  double value, slope;

  [[gnu::always_inline]] static Whole of(double t) {
    constexpr double slopes[] = {1. / 6,
                                 -2. / 180,
                                 3. / 2835,
                                 -4. / 37800,
                                 5. / 467775,
                                 -6. * 691 / 3831077250,
                                 7. * 2 / 127702575,
                                 -8. * 3617 / 2605132530000};
    const bool is_near = t < 1;
    const double half = (is_near ? t : 1) / 2, square = half * half, far = is_near ? 1 : t, per_far = 1 / far;
    const fast::Decay end = fast::Decay::of(-far);
    const double near_value = square * fast::polynomial<7>(sinhc_series, square) - half,
                 near_slope = half * fast::polynomial<7>(slopes, square) - 0.5;
    return {is_near ? near_value : fast::log(-end.less_one * per_far),
            is_near ? near_slope : -end.value / end.less_one - per_far};
  }
};

// Derivatives by x and a.
void tilted_density_body(const double* const* in, double* const* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double x = in[0][i], a = in[1][i], t = generic::abs(a), distance = a > 0 ? 1 - x : x;
    const Whole whole = Whole::of(t);
    const double fall = distance + whole.slope;
    out[0][i] = -t * distance - whole.value;
    out[1][i] = a;
    out[2][i] = a > 0 ? -fall : fall;
  }
}
constexpr auto tilted_density = clones<tilted_density_body>;

// The part of an interval: of its length, of the tilt over it, and of where it lies.
void tilted_mass_body(const double* const* in, double* const* out, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double low = in[0][i], high = in[1][i], a = in[2][i], t = generic::abs(a), width = high - low,
                 distance = a > 0 ? 1 - high : low;
    const Whole part = Whole::of(t * width), whole = Whole::of(t);
    const double rise = width * part.slope - whole.slope - distance;
    out[0][i] = generic::log(width) + part.value - whole.value - t * distance;
    out[1][i] = a > 0 ? rise : -rise;
  }
}
constexpr auto tilted_mass = clones<tilted_mass_body>;

/// |a|, with a derivative at 0 too, and whether a > 0.
std::pair<Tensor, Tensor> size_of(const Tensor& a) {
  const Tensor in_double = a.toType(at::kDouble), rising = in_double > 0;
  return {at::where(rising, in_double, -in_double), rising};
}

}  // namespace

Tensor log_tilted_density(const Tensor& x, const Tensor& a) {
  if (fits_blocks(x) && fits_blocks(a))
    return apply_rule(x, a, [&](const Tensor& at, const Tensor& tilt, bool) -> Derived {
      const auto made = by_blocks({at, tilt}, 3, a.scalar_type(), tilted_density);
      return {made[0], made[1], made[2]};
    });
  const auto [t, rising] = size_of(a);
  const Tensor at = x.toType(at::kDouble), distance = at::where(rising, 1 - at, at);
  return (t * distance + log1mexpc(t)).neg().toType(a.scalar_type());
}

Tensor log_tilted_mass(const Tensor& low, const Tensor& high, const Tensor& a) {
  if (fits_blocks(low) && fits_blocks(high) && fits_blocks(a)) {
    const Tensor each = a.expand(at::infer_size(a.sizes(), at::infer_size(low.sizes(), high.sizes())));
    return apply_rule(each, [&](const Tensor& tilt, bool) -> Derived {
      const auto made = by_blocks({low, high, tilt}, 2, a.scalar_type(), tilted_mass);
      return {made[0], made[1]};
    });
  }
  const auto [t, rising] = size_of(a);
  const Tensor lo = low.toType(at::kDouble), hi = high.toType(at::kDouble), width = hi - lo,
               distance = at::where(rising, 1 - hi, lo);
  return (width.log() + log1mexpc(t * width) - log1mexpc(t) - t * distance).toType(a.scalar_type());
}

}  // namespace elbo
