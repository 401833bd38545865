// Two rules, seen with loc <= 0 (x and 1 - x change places otherwise):
// - scales up to 4: the trapezoidal rule over the normal variate t, which converges faster than any power of the step as long as the
//   sigmoid is smooth at that step; of the difference to sigmoid(loc), so that a small variance keeps its digits;
// - larger ones: the sigmoid is a step plus sigmoid(-y) on either side of it, which Gauss-Legendre panels integrate out to y = 40;
//   left of -40, where a far location has its mass, it is e^y, whose moments have a closed form.
#include <elbo/distributions.hpp>

#include <elbo/tensor.hpp>
#include "sdk/src/tensor/clones.hpp"

#include <cmath>
#include <vector>

#include "sdk/src/distributions/normal_window.hpp"
#include "sdk/src/tensor/blocks.hpp"
#include "sdk/src/tensor/gauss_legendre.hpp"

namespace elbo {
namespace {

constexpr double largest_narrow = 4, node_step = 0.125, lowest_node = -8.5, highest_node = 16.5, farthest = 40,
                 panel = 4;

/// First and second moment: of x - sigmoid(loc), or of x.
template <class T>
struct LogitSums {
  T first, second;
};

/// Adds the node t of the trapezoidal rule.
template <class T>
[[gnu::always_inline]] inline void add_narrow(LogitSums<T>& m, const T& loc, const T& scale, double t, double weight) {
  const T y = loc + scale * t, rise = -generic::expm1(-scale * std::abs(t));
  const T off = t > 0 ? T(generic::sigmoid(y) * generic::sigmoid(-loc) * rise)
                      : T(-generic::sigmoid(-y) * generic::sigmoid(loc) * rise);
  m.first = m.first + weight * off;
  m.second = m.second + weight * off * off;
}

/// Adds the node y > 0, where sigmoid(-y) is `small`.
template <class T>
[[gnu::always_inline]] inline void add_wide(LogitSums<T>& m, const T& loc, const T& inverse, double y, double small,
                                            double weight) {
  const T left = (y + loc) * inverse, right = (y - loc) * inverse;
  const T at_left = generic::exp(-left * left / 2) * inverse, at_right = generic::exp(-right * right / 2) * inverse;
  m.first = m.first + weight * small * (at_left - at_right);
  m.second = m.second + weight * small * (small * at_left - (2 - small) * at_right);
}

/// f(node, weight), the weights of the standard normal distribution's density
template <class F>
void for_narrow_nodes(F&& f) {
  for (double t = lowest_node; t <= highest_node; t += node_step)
    if (t != 0) f(t, node_step * std::exp(-t * t / 2 - half_log_2pi));
}

/// f(node, sigmoid(-node), weight)
template <class F>
void for_wide_nodes(F&& f) {
  for (double from = 0; from < farthest; from += panel)
    for (int i = 0; i < 8; ++i)
      for (const double side : {-1., 1.}) {
        const double y = from + panel / 2 * (1 + side * legendre_nodes[i]);
        f(y, 1 / (1 + std::exp(y)), panel / 2 * legendre_weights[i] * std::exp(-half_log_2pi));
      }
}

/// The integral of e^(order y) under the density over y < -farthest: with u = (loc + farthest) / scale + order scale,
/// e^(order loc + order^2 scale^2 / 2) Phi(-u).
template <class T>
[[gnu::always_inline]] inline T beyond_left(const T& loc, const T& scale, const T& inverse, double order) {
  const T off = (loc + farthest) * inverse, u = off + scale * order, size = generic::abs(u);
  const T tail = window::tail<false>(size).zeroth * std::exp(-half_log_2pi);
  // -order farthest - off^2 / 2 is the exponent of what the tail begins with
  const T at_end = generic::exp(-order * farthest - off * off / 2) * tail;
  const T all =
      generic::exp(generic::clamp(order * loc + order * order / 2 * scale * scale, -1e4, 0));  // u < 0: below 0
  return generic::choose(u < 0, all - at_end, at_end);
}

template <class T>
[[gnu::always_inline]] inline T below_zero(const T& loc, const T& inverse) {  // of the step: P(y > 0)
  const T t = -loc * inverse;
  return generic::exp(-t * t / 2 - half_log_2pi) * window::tail<false>(t).zeroth;
}

/// Mean and variance of the distribution with location -|loc|, given its sums by both rules.
template <class T>
[[gnu::always_inline]] inline LogitSums<T> put_together(const T& loc, const T& scale, const T& inverse,
                                                        const LogitSums<T>& narrow, const LogitSums<T>& wide) {
  const auto is_narrow = scale <= largest_narrow;
  const T step_mean = below_zero(loc, inverse), mean = step_mean + wide.first + beyond_left(loc, scale, inverse, 1);
  return {generic::choose(is_narrow, generic::sigmoid(loc) + narrow.first, mean),
          generic::choose(is_narrow, narrow.second - narrow.first * narrow.first,
                          step_mean + wide.second + beyond_left(loc, scale, inverse, 2) - mean * mean)};
}

void add_narrow_block_body(LogitSums<double>* m, const double* loc, const double* scale, double t, double weight,
                           int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) add_narrow(m[i], loc[i], scale[i], t, weight);
}
constexpr auto add_narrow_block = clones<add_narrow_block_body>;

void add_wide_block_body(LogitSums<double>* m, const double* loc, const double* inverse, double y, double small,
                         double weight, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) add_wide(m[i], loc[i], inverse[i], y, small, weight);
}
constexpr auto add_wide_block = clones<add_wide_block_body>;

void logit_normal_block(const double* const* in, double* const* out, int64_t n) {
  double loc[block_size], scale[block_size], inverse[block_size];
  LogitSums<double> narrow[block_size] = {}, wide[block_size] = {};
  bool any_narrow = false, any_wide = false;
  for (int64_t i = 0; i < n; ++i) {
    loc[i] = in[0][i] > 0 ? -in[0][i] : in[0][i];
    scale[i] = std::exp(in[1][i]);
    inverse[i] = 1 / scale[i];
    (scale[i] <= largest_narrow ? any_narrow : any_wide) = true;
  }
  if (any_narrow)
    for_narrow_nodes([&](double t, double weight) { add_narrow_block(narrow, loc, scale, t, weight, n); });
  if (any_wide)
    for_wide_nodes(
        [&](double y, double small, double weight) { add_wide_block(wide, loc, inverse, y, small, weight, n); });
  for (int64_t i = 0; i < n; ++i) {
    const LogitSums<double> m = put_together(loc[i], scale[i], inverse[i], narrow[i], wide[i]);
    out[0][i] = in[0][i] > 0 ? 1 - m.first : m.first;
    out[1][i] = m.second;
  }
}

}  // namespace

LogitNormalMoments logit_normal_moments(const Tensor& loc, const Tensor& log_scale) {
  const bool wants_graph = at::GradMode::is_enabled() && (loc.requires_grad() || log_scale.requires_grad());
  if (fits_blocks(loc) && fits_blocks(log_scale) && !wants_graph) {
    const auto made = by_blocks({loc, log_scale}, 2, at::kDouble, logit_normal_block);
    return {made[0], made[1]};
  }
  const Tensor l = loc.toType(at::kDouble), left = at::where(l > 0, -l, l),  // -|l| with a gradient at 0
      scale = log_scale.toType(at::kDouble).exp() + 0 * l, inverse = scale.reciprocal();
  const Tensor zero = 0 * left, small_scale = scale.clamp_max(largest_narrow),
               large = inverse.clamp_max(1 / largest_narrow);
  LogitSums<Tensor> narrow{zero, zero}, wide{zero, zero};
  for_narrow_nodes([&](double t, double weight) { add_narrow(narrow, left, small_scale, t, weight); });
  for_wide_nodes([&](double y, double small, double weight) { add_wide(wide, left, large, y, small, weight); });
  const LogitSums<Tensor> m = put_together(left, scale, inverse, narrow, wide);
  return {at::where(l > 0, 1 - m.first, m.first), m.second};
}

}  // namespace elbo
