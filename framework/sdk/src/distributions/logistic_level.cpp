// The logistic distribution rounded to levels 0 .. n - 1, which stand for -1 .. 1. All inside is float64.
#include <ATen/ExpandUtils.h>

#include <atomic>
#include <cmath>
#include <elbo/distributions.hpp>
#include <elbo/tensor.hpp>
#include <limits>
#include "sdk/src/tensor/clones.hpp"

#include "sdk/src/tensor/blocks.hpp"
#include "sdk/src/tensor/explicit_gradient.hpp"
#include "sdk/src/tensor/generic_math.hpp"

namespace elbo {
namespace {

/// log P(k) and its derivatives by loc and log_scale.
template <class T>
struct Level {
  T value, by_loc, by_log_scale;
};

/// Of a logistic variable: sigmoid(t) and sigmoid(-t), given fall = e^-|t|.
template <class T>
struct Chances {
  T below, above, fall;

  [[gnu::always_inline]] static Chances of(const T& t, const T& fall) {
    const T likely = 1 / (1 + fall), rest = fall * likely;
    return {generic::choose(t < 0, rest, likely), generic::choose(t < 0, likely, rest), fall};
  }
};

// log(sigmoid(b) - sigmoid(a)) of a level's edges a < b, standardised, as log sigmoid(b) + log sigmoid(-a) + log(1 - e^-w) with
// w = b - a = 2 / (n - 1) e^-log_scale; the first level lacks a, the last one b.
// - log(1 - e^-w) = log w + log((1 - e^-w) / w) stays finite when w underflows, log w being known.
// - sigmoid(a) - sigmoid(-b), which cancels about the middle, is sigmoid(a) sigmoid(b) (1 - e^-(a + b)), and a + b is known.
// - The edge further from 0 lies beyond the nearer one by w, or by a + b where 0 is between them.
template <class T>
[[gnu::always_inline]] inline Level<T> level_of(const T& k, const T& loc, const T& log_scale, double n) {
  constexpr double far_away = 1e150;
  const T inverse = generic::exp(-log_scale), half = generic::clamp(inverse * (1 / (n - 1)), 1e-300, far_away),
          w = 2 * half;
  const T middle = generic::clamp(((2 * k - (n - 1)) / (n - 1) - loc) * inverse, -far_away, far_away),
          a = middle - half, b = middle + half;
  const T size = generic::abs(middle);
  const auto across = generic::decay(-w), twice = generic::decay(-2 * size);
  const auto is_first = k<0.5, is_last = k> n - 1.5, is_left = middle < 0;
  const T nearer = generic::exp(-generic::abs(size - half)),
          further = nearer * generic::choose(size < half, twice.value, across.value);
  const Chances<T> at_a = Chances<T>::of(a, generic::choose(is_left, further, nearer)),
                   at_b = Chances<T>::of(b, generic::choose(is_left, nearer, further));
  const auto by_place = [&](const T& first, const T& last, const T& between) {
    return generic::choose(is_first, first, generic::choose(is_last, last, between));
  };
  const T off_b = generic::choose(b < 0, b, 0.), off_a = generic::choose(a > 0, a, 0.);
  const T kept = -across.less_one / w, per_kept = 1 / kept, both = at_a.fall + at_b.fall + at_a.fall * at_b.fall;
  const T spare = by_place(at_b.fall, at_a.fall, (both + (1 - kept)) * per_kept);
  const T bulk = by_place(off_b, -off_a, off_b - off_a + (std::log(2 / (n - 1)) - log_scale));
  const T inner = generic::choose(is_left, at_b.above * at_a.above, at_a.below * at_b.below) * -twice.less_one;
  const T tilt = generic::choose(is_left, -inner, inner);
  return {bulk - generic::log1p(spare), by_place(-at_b.above, at_a.below, tilt) * inverse,
          by_place(-b * at_b.above, a * at_a.below,
                   middle * tilt - half * (at_a.below + at_b.above) - across.value * per_kept)};
}

void level_loop_body(const double* const* in, double* const* out, double levels, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const Level<double> level = level_of(in[0][i], in[1][i], in[2][i], levels);
    out[0][i] = level.value, out[1][i] = level.by_loc, out[2][i] = level.by_log_scale;
  }
}
constexpr auto level_loop = clones<level_loop_body>;

/// Where the derivative by log_scale is beyond float32. Behind a link whose slope is small, or times a weight of 0, it still is a number.
bool is_beyond_float_body(const double* slope, int64_t n) {
  double largest = 0;
#pragma omp simd reduction(max : largest)
  for (int64_t i = 0; i < n; ++i) largest = generic::abs(slope[i]) > largest ? generic::abs(slope[i]) : largest;
  return largest > std::numeric_limits<float>::max();
}
constexpr auto is_beyond_float = clones<is_beyond_float_body>;

void level_values_body(const double* const* in, double* const* out, double levels, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) out[0][i] = level_of(in[0][i], in[1][i], in[2][i], levels).value;
}
constexpr auto level_values = clones<level_values_body>;

/// Over the levels so far: of P(K > k), of the terms of the variance, and of P(K <= k).
template <class T>
struct Sums {
  T mean, variance, below;
};

template <class T>
[[gnu::always_inline]] inline void add_edge(Sums<T>& sums, const T& loc, const T& inverse, double k, double n) {
  const T edge = generic::clamp((loc - (2 * k + 2 - n) / (n - 1)) * inverse, -1e150, 1e150);
  const T over = generic::sigmoid(edge), under = generic::sigmoid(-edge);
  sums.mean = sums.mean + over;
  sums.variance = sums.variance + over * (under + 2 * sums.below);
  sums.below = sums.below + under;
}

void add_edge_block_body(Sums<double>* sums, const double* loc, const double* inverse, double k, double levels,
                         int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) add_edge(sums[i], loc[i], inverse[i], k, levels);
}
constexpr auto add_edge_block = clones<add_edge_block_body>;

void moment_loop(const double* const* in, double* const* out, double levels, int64_t n) {
  Sums<double> sums[block_size] = {};
  double inverse[block_size];
  for (int64_t i = 0; i < n; ++i) inverse[i] = std::exp(-in[1][i]);
  for (double k = 0; k < levels - 1; ++k) add_edge_block(sums, in[0], inverse, k, levels, n);
  for (int64_t i = 0; i < n; ++i) out[0][i] = sums[i].mean, out[1][i] = sums[i].variance;
}

}  // namespace

Tensor log_logistic_level(const Tensor& k, const Tensor& loc, const Tensor& log_scale, int64_t levels) {
  const Tensor each = loc.expand(at::infer_size(loc.sizes(), k.sizes()));
  const auto n = static_cast<double>(levels);
  return apply_rule(each, log_scale, [&](const Tensor& centre, const Tensor& s, bool derivatives) -> Derived {
    if (fits_blocks(k) && fits_blocks(centre) && fits_blocks(s)) {
      std::atomic<bool> is_beyond = false;
      const auto made_of = [&](at::ScalarType type) {
        return by_blocks({k, centre, s}, derivatives ? 3 : 1, type,
                         [&](const double* const* in, double* const* out, int64_t size) {
                           if (!derivatives) return level_values(in, out, n, size);
                           level_loop(in, out, n, size);
                           if (is_beyond_float(out[2], size)) is_beyond = true;
                         });
      };
      auto made = made_of(k.scalar_type());
      if (is_beyond && k.scalar_type() != at::kDouble) made = made_of(at::kDouble);
      const Tensor value = made[0].toType(k.scalar_type());
      return derivatives ? Derived{value, made[1], made[2]} : Derived{value};
    }
    const Level<Tensor> level = level_of(generic::to_double(k), generic::to_double(centre), generic::to_double(s), n);
    return {level.value.toType(k.scalar_type()), level.by_loc, level.by_log_scale};
  });
}

LogisticFit fit_logistic_levels(const Tensor& counts) {
  const int64_t levels = counts.size(1);
  const Tensor total = counts.sum(1, true), below = counts.cumsum(1).slice(1, 0, levels - 1), above = total - below;
  const Tensor logit = below.log() - above.clamp_min(1e-12).log(), weight = below * above / total.square();
  Shape along(static_cast<size_t>(counts.dim()), 1);
  along[1] = levels - 1;
  const Tensor edge = ((arange(levels - 1, counts) * 2 + 1) / static_cast<double>(levels - 1) - 1).view(along);
  const auto mean = [&](const Tensor& t) { return (weight * t).sum(1, true) / weight.sum(1, true); };
  const Tensor centre = mean(edge), height = mean(logit), off = edge - centre;
  // The small numbers are for two levels, whose one edge gives no slope.
  const Tensor slope = (mean(off * (logit - height)) + 1e-9).clamp_min(1e-9) / (mean(off.square()) + 1e-10);
  return {(centre - height / slope).squeeze(1), slope.log().neg().squeeze(1)};
}

// With the chances S_k = P(K > k) and F_k = 1 - S_k, the mean is the sum of S_k and the variance that of S_k (F_k + 2 (F_0 + ... +
// F_(k-1))), in which nothing cancels.
LogisticLevelMoments logistic_level_moments(const Tensor& loc, const Tensor& log_scale, int64_t levels) {
  const auto n = static_cast<double>(levels);
  const bool wants_graph = at::GradMode::is_enabled() && (loc.requires_grad() || log_scale.requires_grad());
  if (fits_blocks(loc) && fits_blocks(log_scale) && !wants_graph) {
    const auto made =
        by_blocks({loc, log_scale}, 2, at::kDouble,
                  [n](const double* const* in, double* const* out, int64_t size) { moment_loop(in, out, n, size); });
    return {made[0], made[1]};
  }
  const Tensor l = generic::to_double(loc), inverse = generic::to_double(log_scale).neg().exp() + 0 * l;
  Sums<Tensor> sums{0 * l, 0 * l, 0 * l};
  for (double k = 0; k < n - 1; ++k) add_edge(sums, l, inverse, k, n);
  return {sums.mean, sums.variance};
}

}  // namespace elbo
