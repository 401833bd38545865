#include "sdk/src/distributions/gamma_blocks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <elbo/tensor.hpp>
#include "sdk/src/tensor/clones.hpp"

#include "sdk/src/tensor/blocks.hpp"
#include "sdk/src/tensor/fast_double.hpp"

namespace elbo {
namespace {

constexpr size_t known_factorials = 1024;

/// f(k), of whole numbers below that from a table.
template <class F>
void look_up(const double* k, double* out, int64_t n, const F& f) {
  static const auto table = [&f] {
    std::array<double, known_factorials> t{};
    for (size_t i = 0; i < t.size(); ++i) t[i] = f(static_cast<double>(i));
    return t;
  }();
  for (int64_t i = 0; i < n; ++i) {
    const bool is_known = k[i] >= 0 && k[i] < known_factorials && k[i] == std::floor(k[i]);
    out[i] = is_known ? table[static_cast<size_t>(k[i])] : f(k[i]);
  }
}

void log_factorials(const double* k, double* out, int64_t n) {
  look_up(k, out, n, [](double count) { return std::lgamma(count + 1); });
}

// log k! - (k log k - k), of which the parts of a large k cancel: -log of Poisson's probability of k where the rate is k.
double depth_of_peak(double k) {
  if (k <= 0) return 0;
  if (k < 16) return std::lgamma(k + 1) - k * std::log(k) + k;
  const double inverse = 1 / k, u = inverse * inverse;
  double sum = fast::stirling_series[7];
  for (int i = 6; i >= 0; --i) sum = sum * u + fast::stirling_series[i];
  return 0.5 * std::log(k) + half_log_2pi + sum * inverse;
}

void depths_of_peaks(const double* k, double* out, int64_t n) {
  look_up(k, out, n, [](double count) { return depth_of_peak(count); });
}

// log(1 + u) - u; far from u = 0 from log(1 + u) as given, because u = -1 + x / p has lost a small x. Near it
// 2 atanh(r) - u with r = u / (2 + u), whose first terms are -u r + 2 r^3 / 3.
[[gnu::always_inline]] inline double log1pmx(double u, double log1p_u) {
  const double near = u > 0.5 ? 0.5 : u < -0.5 ? -0.5 : u, r = near / (near + 2), square = r * r;
  double sum = 1. / 35;
#pragma GCC unroll 16
  for (int k = 33; k >= 3; k -= 2) sum = sum * square + 1. / k;
  return near == u ? (2 * sum * square - u) * r : log1p_u - u;
}

// Each of these loops is compiled twice, with derivatives in out[1], out[2] and out[3] and without. `peaks` is what
// depths_of_peaks gives of in[0], for those that are of counts.

/// About the rate k, rate = k (1 + u): k (log(1 + u) - u) less the depth of the peak; no large part cancels (Loader 2000).
[[gnu::always_inline]] inline double poisson_at(double k, double eta, double rate, double peak) {
  const double some = k > 0 ? k : 1, bulk = some * log1pmx(rate / some - 1, eta - fast::log(some));
  return k > 0 ? bulk - peak : -rate;
}

template <bool slopes>
[[gnu::always_inline]] inline void poisson(const double* const* in, double* const* out, const double* peaks,
                                           int64_t n) {
  const double *k = in[0], *eta = in[1];
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double rate = fast::exp(eta[i]);
    out[0][i] = poisson_at(k[i], eta[i], rate, peaks[i]);
    if (slopes) out[1][i] = k[i] - rate;
  }
}

// For float32, whose last digit is far above what cancels here up to the counts of which it holds every one.
template <bool slopes>
[[gnu::always_inline]] inline void rough_poisson(const double* const* in, double* const* out,
                                                 const double* log_factorial, int64_t n) {
  const double *k = in[0], *eta = in[1];
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double rate = fast::exp(eta[i]);
    out[0][i] = k[i] * eta[i] - rate - log_factorial[i];
    if (slopes) out[1][i] = k[i] - rate;
  }
}

/// log P(k) and its derivatives by m, the log of the mean, and t, that of the dispersion d.
struct Count {
  double value, by_m, by_t;
};

// Seen as a binomial with d + k tries (Loader 2000): d and k times log(1 + u) - u, where u is how far the share of each lies from
// what mean and dispersion expect, less the depths of the peaks; no large part cancels.
template <bool slopes>
[[gnu::always_inline]] inline Count counted(double k, double m, double t, double peak) {
  const double d = fast::exp(t), mean = fast::exp(m), some = k > 0 ? k : 1, tries = d + k, whole = d + mean;
  const double rise = fast::log1p(k / d), spread = fast::softplus(m - t), off = (k - mean) / whole;
  const double of_d = log1pmx(off, rise - spread),
               of_k = log1pmx(-off * (d / some), rise - spread + m - fast::log(some));
  const fast::Remainder before = fast::remainder_of(d, t), after = fast::remainder_of(tries, t + rise);
  const double apart = k > 0 ? some * of_k - rise / 2 + after.value - before.value - peak : 0;
  Count c{k > 0 ? d * of_d + apart : -d * spread, 0, 0};
  if (slopes) {
    c.by_m = off * d;
    c.by_t = d * of_d + (k > 0 ? d * (after.slope - before.slope) + k / tries / 2 : 0);
  }
  return c;
}

/// fast::Remainder to 1e-10, in parts, so that two of them share divisions and a logarithm. Below 4 through Gamma(a + 4).
struct RoughRemainder {
  double b, near, product, derivative;  // b >= 4; the last two are of near (near + 1) (near + 2) (near + 3)
  bool far;
  [[gnu::always_inline]] static RoughRemainder of(double a) {
    const bool far = a >= 4;
    const double near = far ? 4 : a, y = near * (near + 3);
    return {far ? a : a + 4, near, y * (y + 2), (2 * y + 2) * (2 * near + 3), far};
  }
  /// Of b below 8: about 4 sqrt(2), a factor sqrt(2) away at most.
  [[gnu::always_inline]] double log_b() const { return fast::log_of(2.5, (near + 4) * 0.176776695296636881100211 - 1); }
};

// For float32, as for poisson: the products of the counts with logarithms cancel to what its last digit is far above, up to the
// counts of which it holds every one. Half of the arithmetic of `counted`.
template <bool slopes>
[[gnu::always_inline]] inline Count roughly_counted(double k, double m, double t, double log_factorial) {
  const double d = fast::exp(t), mean = fast::exp(m), per_d = 1 / d, tries = d + k, whole = d + mean;
  const double rise = fast::log1p(k * per_d), spread = fast::log1p(mean * per_d), log_tries = t + rise;
  const RoughRemainder before = RoughRemainder::of(d), after = RoughRemainder::of(tries);
  const double both = 1 / (before.b * after.b), per_before = after.b * both, per_after = before.b * both;
  const double u = per_before * per_before, v = per_after * per_after;
  const double log_before = before.log_b(), log_after = after.log_b();
  const double low_before = before.far ? 0 : (before.near + 3.5) * log_before - (before.near - 0.5) * t - 4;
  const double low_after = after.far ? 0 : (after.near + 3.5) * log_after - (after.near - 0.5) * log_tries - 4;
  const double ratio = fast::log((before.far ? 1 : before.product) / (after.far ? 1 : after.product));
  const double apart = fast::polynomial<7>(fast::stirling_series, v) * per_after + low_after -
                       (fast::polynomial<7>(fast::stirling_series, u) * per_before + low_before) + ratio;
  Count c{tries * (rise - spread) - rise / 2 + k * (m - 1) - log_factorial + apart, 0, 0};
  if (slopes) {
    const double shared = 1 / (tries * whole), per_tries = whole * shared, off = (k - mean) * tries * shared;
    const double wide = 1 / ((before.near * before.product) * (after.near * after.product));
    const double per_low_before = after.near * after.product * wide,
                 per_low_after = before.near * before.product * wide;
    const auto slope = [](const RoughRemainder& r, double log_b, double log_a, double per_low, double per_b,
                          double square) __attribute__((always_inline)) {
      const double low = log_b - log_a - 0.5 * per_b + (0.5 * r.product - r.derivative * r.near) * per_low;
      return (r.far ? 0 : low) - fast::polynomial<7>(fast::stirling_slopes, square) * square;
    };
    const double further = slope(after, log_after, log_tries, per_low_after, per_after, v) -
                           slope(before, log_before, t, per_low_before, per_before, u);
    c.by_m = off * d;
    c.by_t = d * log1pmx(off, rise - spread) + d * further + k * per_tries / 2;
  }
  return c;
}

template <bool slopes, bool roughly = false>
[[gnu::always_inline]] inline void negative_binomial(const double* const* in, double* const* out, const double* known,
                                                     int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double k = in[0][i], m = in[1][i], t = in[2][i];
    const Count c = roughly ? roughly_counted<slopes>(k, m, t, known[i]) : counted<slopes>(k, m, t, known[i]);
    out[0][i] = c.value;
    if (slopes) out[1][i] = c.by_m, out[2][i] = c.by_t;
  }
}

// A zero is extra with probability sigmoid(p), or comes from the counts: log(sigmoid(p) + sigmoid(-p) e^c), which is near 0 where
// either is likely.
template <bool slopes, bool roughly = false>
[[gnu::always_inline]] inline void zero_inflated(const double* const* in, double* const* out, const double* known,
                                                 int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double k = in[0][i], m = in[1][i], t = in[2][i], p = in[3][i];
    const Count c = roughly ? roughly_counted<slopes>(k, m, t, known[i]) : counted<slopes>(k, m, t, known[i]);
    const double far = c.value - p, fall = fast::exp(-__builtin_fabs(p)), apart_by = fast::exp(-__builtin_fabs(far));
    const double likely = 1 / (1 + fall), extra = p < 0 ? fall * likely : likely, kept = p < 0 ? likely : fall * likely;
    const double bend = fast::log1p(fall), log_extra = (p < 0 ? p : 0) - bend, log_kept = (p < 0 ? 0 : -p) - bend;
    const double certain = c.value < 0 ? fast::expm1(c.value) : 0, missed = kept * certain;
    const bool is_likely = missed > -0.5;
    const double apart = fast::log1p(is_likely ? missed : apart_by);
    const double higher = far > 0 ? log_kept + c.value : log_extra;
    out[0][i] = k == 0 ? (is_likely ? 0 : higher) + apart : log_kept + c.value;
    if (slopes) {
      const double more = 1 / (1 + apart_by), less = apart_by * more, share = k == 0 ? (far < 0 ? less : more) : 1;
      out[1][i] = share * c.by_m;
      out[2][i] = share * c.by_t;
      out[3][i] = k == 0 ? -kept * (far < 0 ? more : less) * certain : -extra;
    }
  }
}

template <bool slopes>
[[gnu::always_inline]] inline void rising_excess(const double* const* in, double* const* out, const double*,
                                                 int64_t n) {
  const double *a = in[0], *m = in[1];
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double to = a[i] + m[i], rise = fast::log1p(m[i] / a[i]), log_a = fast::log(a[i]);
    const fast::Remainder before = fast::remainder_of(a[i], log_a), after = fast::remainder_of(to, log_a + rise);
    out[0][i] = (to - 0.5) * rise - m[i] + after.value - before.value;
    if (slopes) out[1][i] = rise - (to - 0.5) * m[i] / (a[i] * to) + after.slope - before.slope;
  }
}

// Loader (2000), about the mean p = alpha / n: alpha log(x / p) + beta log((1 - x) / q) with the linear parts cancelled on paper,
// plus Stirling's formula of the normalisation.
template <bool slopes>
[[gnu::always_inline]] inline void beta_density(const double* const* in, double* const* out, const double*, int64_t n) {
  const double *x = in[0], *alpha = in[1], *beta = in[2];
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double a = alpha[i], b = beta[i], sum = a + b, off = (x[i] * b - (1 - x[i]) * a);
    const double log_a = fast::log(a), log_b = fast::log(b), log_sum = fast::log(sum);
    const double log_x = fast::log(x[i]), log_y = fast::log1p(-x[i]);
    const double u = off / a, v = -off / b;
    const double ratio_x = log_x - log_a + log_sum, ratio_y = log_y - log_b + log_sum;  // log(1 + u) and log(1 + v)
    const double at_x = log1pmx(u, ratio_x), at_y = log1pmx(v, ratio_y);
    const fast::Remainder all = fast::remainder_of(sum, log_sum), of_a = fast::remainder_of(a, log_a),
                          of_b = fast::remainder_of(b, log_b);
    const double peak = 0.5 * (log_a + log_b - log_sum) - half_log_2pi + all.value - of_a.value - of_b.value;
    out[0][i] = a * at_x + b * at_y + peak - log_x - log_y;
    if (slopes) {
      const double common = all.slope - 0.5 / sum;
      out[1][i] = (u < 0.5 && u > -0.5 ? at_x + u : ratio_x) + 0.5 / a + common - of_a.slope;
      out[2][i] = (v < 0.5 && v > -0.5 ? at_y + v : ratio_y) + 0.5 / b + common - of_b.slope;
    }
  }
}

using Loop = void (*)(const double* const*, double* const*, const double*, int64_t);

/// `table` is of the first tensor, where it is counts.
struct Loops {
  Loop values, slopes;
  void (*table)(const double*, double*, int64_t) = nullptr;

  void run(bool derivatives, const double* const* from, double* const* to, int64_t n) const {
    double known[block_size];
    if (table) table(from[0], known, n);
    (derivatives ? slopes : values)(from, to, known, n);
  }
};

/// Of the tensors in `in`. Results of this type; `rough` of blocks in float32 without counts above 2^24.
Derived derived(const std::vector<Tensor>& in, at::ScalarType type, size_t slope_count, bool derivatives,
                const Loops& loops, const std::optional<Loops>& rough = {}) {
  auto made = by_blocks(
      in, derivatives ? 1 + slope_count : 1, type, [&](const double* const* from, double* const* to, int64_t n) {
        const bool roughly = rough && type == at::kFloat && *std::max_element(from[0], from[0] + n) <= 0x1p24;
        (roughly ? *rough : loops).run(derivatives, from, to, n);
      });
  made.resize(4);
  return {made[0], made[1], made[2], made[3]};
}

}  // namespace

Derived poisson_blocks(const Tensor& k, const Tensor& log_rate, bool derivatives) {
  return derived({k, log_rate}, k.scalar_type(), 1, derivatives,
                 {clones<poisson<false>>, clones<poisson<true>>, depths_of_peaks},
                 Loops{clones<rough_poisson<false>>, clones<rough_poisson<true>>, log_factorials});
}

Derived negative_binomial_blocks(const Tensor& k, const Tensor& log_mean, const Tensor& log_dispersion,
                                 bool derivatives) {
  return derived({k, log_mean, log_dispersion}, k.scalar_type(), 2, derivatives,
                 {clones<negative_binomial<false>>, clones<negative_binomial<true>>, depths_of_peaks},
                 Loops{clones<negative_binomial<false, true>>, clones<negative_binomial<true, true>>, log_factorials});
}

Derived zero_inflated_blocks(const Tensor& k, const Tensor& log_mean, const Tensor& log_dispersion,
                             const Tensor& zero_logit, bool derivatives) {
  return derived({k, log_mean, log_dispersion, zero_logit}, k.scalar_type(), 3, derivatives,
                 {clones<zero_inflated<false>>, clones<zero_inflated<true>>, depths_of_peaks},
                 Loops{clones<zero_inflated<false, true>>, clones<zero_inflated<true, true>>, log_factorials});
}

Derived rising_excess_blocks(const Tensor& a, const Tensor& m, bool derivatives) {
  return derived({a, m}, a.scalar_type(), 1, derivatives, {clones<rising_excess<false>>, clones<rising_excess<true>>});
}

Derived beta_blocks(const Tensor& x, const Tensor& alpha, const Tensor& beta, bool derivatives) {
  return derived({x, alpha, beta}, alpha.scalar_type(), 2, derivatives,
                 {clones<beta_density<false>>, clones<beta_density<true>>});
}

Tensor log_factorial_blocks(const Tensor& k) {
  return by_blocks({k}, 1, k.scalar_type(), [](const double* const* from, double* const* to, int64_t n) {
    log_factorials(from[0], to[0], n);
  })[0];
}

}  // namespace elbo
