#include "gamma_blocks.hpp"

#include <array>
#include <cmath>

#include <elbo/tensor.hpp>
#include "clones.hpp"

#include "blocks.hpp"
#include "fast_double.hpp"

namespace elbo {
namespace {

constexpr size_t known_factorials = 1024;

void log_factorials(const double* k, double* out, int64_t n) {
  static const auto table = [] {
    std::array<double, known_factorials> t{};
    for (size_t i = 0; i < t.size(); ++i) t[i] = std::lgamma(static_cast<double>(i + 1));
    return t;
  }();
  for (int64_t i = 0; i < n; ++i) {
    const bool is_known = k[i] >= 0 && k[i] < known_factorials && k[i] == std::floor(k[i]);
    out[i] = is_known ? table[static_cast<size_t>(k[i])] : std::lgamma(k[i] + 1);
  }
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
  static const auto table = [] {
    std::array<double, known_factorials> t{};
    for (size_t i = 0; i < t.size(); ++i) t[i] = depth_of_peak(static_cast<double>(i));
    return t;
  }();
  for (int64_t i = 0; i < n; ++i) {
    const bool is_known = k[i] >= 0 && k[i] < known_factorials && k[i] == std::floor(k[i]);
    out[i] = is_known ? table[static_cast<size_t>(k[i])] : depth_of_peak(k[i]);
  }
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
constexpr double largest_rough_count = 1 << 24;

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
  for (int64_t i = 0; i < n; ++i)
    if (k[i] > largest_rough_count) out[0][i] = poisson_at(k[i], eta[i], fast::exp(eta[i]), depth_of_peak(k[i]));
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

template <bool slopes>
[[gnu::always_inline]] inline void negative_binomial(const double* const* in, double* const* out, const double* peaks,
                                                     int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const Count c = counted<slopes>(in[0][i], in[1][i], in[2][i], peaks[i]);
    out[0][i] = c.value;
    if (slopes) out[1][i] = c.by_m, out[2][i] = c.by_t;
  }
}

// A zero is extra with probability sigmoid(p), or comes from the counts: log(sigmoid(p) + sigmoid(-p) e^c), which is near 0 where
// either is likely.
template <bool slopes>
[[gnu::always_inline]] inline void zero_inflated(const double* const* in, double* const* out, const double* peaks,
                                                 int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double k = in[0][i], p = in[3][i], extra = -fast::softplus(-p), own = -fast::softplus(p),
                 kept = fast::sigmoid(-p);
    const Count c = counted<slopes>(k, in[1][i], in[2][i], peaks[i]);
    const double certain = c.value < 0 ? fast::expm1(c.value) : 0, missed = kept * certain, far = own + c.value - extra;
    const double high = far > 0 ? own + c.value : extra, apart = fast::log1p(fast::exp(far > 0 ? -far : far));
    const double zero = missed > -0.5 ? fast::log1p(missed > -0.5 ? missed : 0) : high + apart;
    out[0][i] = k == 0 ? zero : own + c.value;
    if (slopes) {
      const double share = k == 0 ? fast::sigmoid(c.value - p) : 1;
      out[1][i] = share * c.by_m;
      out[2][i] = share * c.by_t;
      out[3][i] = k == 0 ? -kept * fast::sigmoid(p - c.value) * certain : -fast::sigmoid(p);
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
[[gnu::always_inline]] inline void beta(const double* const* in, double* const* out, const double*, int64_t n) {
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

#define ELBO_BLOCK(name)                                                                                        \
  ELBO_CLONES void name##_values(const double* const* in, double* const* out, const double* peaks, int64_t n) { \
    name<false>(in, out, peaks, n);                                                                             \
  }                                                                                                             \
  ELBO_CLONES void name##_slopes(const double* const* in, double* const* out, const double* peaks, int64_t n) { \
    name<true>(in, out, peaks, n);                                                                              \
  }
ELBO_BLOCK(poisson)
ELBO_BLOCK(rough_poisson)
ELBO_BLOCK(negative_binomial)
ELBO_BLOCK(zero_inflated)
ELBO_BLOCK(rising_excess)
ELBO_BLOCK(beta)
#undef ELBO_BLOCK

/// Of the tensors in `in`; `table` is of the first. Results of this type.
Derived derived(const std::vector<Tensor>& in, at::ScalarType type, Loop values, Loop slopes, size_t slope_count,
                void (*table)(const double*, double*, int64_t), bool derivatives) {
  const Loop loop = derivatives ? slopes : values;
  const auto made = by_blocks(in, derivatives ? 1 + slope_count : 1, type,
                              [=](const double* const* from, double* const* to, int64_t n) {
                                double peaks[block_size];
                                if (table) table(from[0], peaks, n);
                                loop(from, to, peaks, n);
                              });
  Derived result{made[0]};
  if (made.size() > 1) result.da = made[1];
  if (made.size() > 2) result.db = made[2];
  if (made.size() > 3) result.dc = made[3];
  return result;
}

}  // namespace

Derived poisson_blocks(const Tensor& k, const Tensor& log_rate, bool derivatives) {
  if (k.scalar_type() == at::kFloat)
    return derived({k, log_rate}, at::kFloat, rough_poisson_values, rough_poisson_slopes, 1, log_factorials,
                   derivatives);
  return derived({k, log_rate}, at::kDouble, poisson_values, poisson_slopes, 1, depths_of_peaks, derivatives);
}

Derived negative_binomial_blocks(const Tensor& k, const Tensor& log_mean, const Tensor& log_dispersion,
                                 bool derivatives) {
  return derived({k, log_mean, log_dispersion}, k.scalar_type(), negative_binomial_values, negative_binomial_slopes, 2,
                 depths_of_peaks, derivatives);
}

Derived zero_inflated_blocks(const Tensor& k, const Tensor& log_mean, const Tensor& log_dispersion,
                             const Tensor& zero_logit, bool derivatives) {
  return derived({k, log_mean, log_dispersion, zero_logit}, k.scalar_type(), zero_inflated_values, zero_inflated_slopes,
                 3, depths_of_peaks, derivatives);
}

Derived rising_excess_blocks(const Tensor& a, const Tensor& m, bool derivatives) {
  return derived({a, m}, a.scalar_type(), rising_excess_values, rising_excess_slopes, 1, nullptr, derivatives);
}

Derived beta_blocks(const Tensor& x, const Tensor& alpha, const Tensor& beta, bool derivatives) {
  return derived({x, alpha, beta}, alpha.scalar_type(), beta_values, beta_slopes, 2, nullptr, derivatives);
}

Tensor log_factorial_blocks(const Tensor& k) {
  return by_blocks({k}, 1, k.scalar_type(), [](const double* const* from, double* const* to, int64_t n) {
    log_factorials(from[0], to[0], n);
  })[0];
}

}  // namespace elbo
