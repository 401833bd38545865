#include "gamma_blocks.hpp"

#include <array>
#include <cmath>

#include <elbo/clones.hpp>
#include <elbo/math.hpp>

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

// Each of these loops is compiled twice, with derivatives in out[1] and out[2] and without.

template <bool slopes>
[[gnu::always_inline]] inline void poisson(const double* const* in, double* const* out, const double* log_k,
                                           int64_t n) {
  const double *k = in[0], *eta = in[1];
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double rate = fast::exp(eta[i]);
    out[0][i] = k[i] * eta[i] - rate - log_k[i];
    if (slopes) out[1][i] = k[i] - rate;
  }
}

// k m - (d + k) log(1 + e^(m - t)) + log_rising_excess(d, k) - log k!, with d = e^t
template <bool slopes>
[[gnu::always_inline]] inline void negative_binomial(const double* const* in, double* const* out, const double* log_k,
                                                     int64_t n) {
  const double *k = in[0], *m = in[1], *t = in[2];
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const double d = fast::exp(t[i]), to = d + k[i], away = m[i] - t[i], spread = fast::softplus(away);
    const double rise = fast::log1p(k[i] / d);
    const fast::Remainder before = fast::remainder_of(d, t[i]), after = fast::remainder_of(to, t[i] + rise);
    out[0][i] = k[i] * m[i] - to * spread + (to - 0.5) * rise - k[i] + after.value - before.value - log_k[i];
    if (slopes) {
      const double share = to * fast::sigmoid(away);
      out[1][i] = k[i] - share;
      out[2][i] = share + d * (rise - spread + after.slope - before.slope) - (to - 0.5) * k[i] / to;
    }
  }
}

// log_k is not used.
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

// log(1 + u) - u; far from u = 0 from log(1 + u) as given, because u = -1 + x / p has lost a small x. Near it
// 2 atanh(r) - u with r = u / (2 + u), whose first terms are -u r + 2 r^3 / 3.
[[gnu::always_inline]] inline double log1pmx(double u, double log1p_u) {
  const double near = u > 0.5 ? 0.5 : u < -0.5 ? -0.5 : u, r = near / (near + 2), square = r * r;
  double sum = 1. / 35;
#pragma GCC unroll 16
  for (int k = 33; k >= 3; k -= 2) sum = sum * square + 1. / k;
  return near == u ? (2 * sum * square - u) * r : log1p_u - u;
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
    const double at_x = log1pmx(u, log_x - log_a + log_sum), at_y = log1pmx(v, log_y - log_b + log_sum);
    const fast::Remainder all = fast::remainder_of(sum, log_sum), of_a = fast::remainder_of(a, log_a),
                          of_b = fast::remainder_of(b, log_b);
    const double peak = 0.5 * (log_a + log_b - log_sum) - half_log_2pi + all.value - of_a.value - of_b.value;
    out[0][i] = a * at_x + b * at_y + peak - log_x - log_y;
    if (slopes) {
      const double common = all.slope - 0.5 / sum;
      out[1][i] = at_x + u + 0.5 / a + common - of_a.slope;
      out[2][i] = at_y + v + 0.5 / b + common - of_b.slope;
    }
  }
}

using Loop = void (*)(const double* const*, double* const*, const double*, int64_t);

#define ELBO_BLOCK(name)                                                                                        \
  ELBO_CLONES void name##_values(const double* const* in, double* const* out, const double* log_k, int64_t n) { \
    name<false>(in, out, log_k, n);                                                                             \
  }                                                                                                             \
  ELBO_CLONES void name##_slopes(const double* const* in, double* const* out, const double* log_k, int64_t n) { \
    name<true>(in, out, log_k, n);                                                                              \
  }
ELBO_BLOCK(poisson)
ELBO_BLOCK(negative_binomial)
ELBO_BLOCK(rising_excess)
ELBO_BLOCK(beta)
#undef ELBO_BLOCK

/// Of the tensors in `in`, the first of which are the counts where `counts` says so; results of this type.
Derived derived(const std::vector<Tensor>& in, at::ScalarType type, Loop values, Loop slopes, size_t slope_count,
                bool counts, bool derivatives) {
  const Loop loop = derivatives ? slopes : values;
  const auto made = by_blocks(in, derivatives ? 1 + slope_count : 1, type,
                              [=](const double* const* from, double* const* to, int64_t n) {
                                double log_k[block_size];
                                if (counts) log_factorials(from[0], log_k, n);
                                loop(from, to, log_k, n);
                              });
  Derived result{made[0], {}, {}};
  if (made.size() > 1) result.da = made[1];
  if (made.size() > 2) result.db = made[2];
  return result;
}

}  // namespace

Derived poisson_blocks(const Tensor& k, const Tensor& log_rate, bool derivatives) {
  return derived({k, log_rate}, log_rate.scalar_type(), poisson_values, poisson_slopes, 1, true, derivatives);
}

Derived negative_binomial_blocks(const Tensor& k, const Tensor& log_mean, const Tensor& log_dispersion,
                                 bool derivatives) {
  return derived({k, log_mean, log_dispersion}, log_mean.scalar_type(), negative_binomial_values,
                 negative_binomial_slopes, 2, true, derivatives);
}

Derived rising_excess_blocks(const Tensor& a, const Tensor& m, bool derivatives) {
  return derived({a, m}, a.scalar_type(), rising_excess_values, rising_excess_slopes, 1, false, derivatives);
}

Derived beta_blocks(const Tensor& x, const Tensor& alpha, const Tensor& beta, bool derivatives) {
  return derived({x, alpha, beta}, alpha.scalar_type(), beta_values, beta_slopes, 2, false, derivatives);
}

Tensor log_factorial_blocks(const Tensor& k) {
  return by_blocks({k}, 1, k.scalar_type(), [](const double* const* from, double* const* to, int64_t n) {
    log_factorials(from[0], to[0], n);
  })[0];
}

}  // namespace elbo
