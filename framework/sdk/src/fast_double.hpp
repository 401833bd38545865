// Branch-free double functions that a compiler turns into vector code; relative errors of some 1e-16. Beside them the
// part of log Gamma that Stirling's formula leaves over. Inner loops are unrolled, since only innermost ones become vectors.
#pragma once
#include <cstdint>

namespace elbo::fast {

inline constexpr double ln2 = 0.693147180559945309417;
inline constexpr double ln2_high = 0x1.62e42fefa3800p-1;  // its last 11 bits are 0, so that n * ln2_high is exact
inline constexpr double ln2_low = 0x1.ef35793c76730p-45;

/// e^t; 0 below -708, e^709 for all above 709
[[gnu::always_inline]] inline double exp(double in) {
  const double low = in < -708 ? -708 : in, t = low > 709 ? 709 : low;
  const double shifted = t * 1.44269504088896340736 + 0x1.8p52, n = shifted - 0x1.8p52;  // the nearest integer
  const double r = (t - n * ln2_high) - n * ln2_low;
  double sum = 1. / 6227020800;
  sum = sum * r + 1. / 479001600;
  sum = sum * r + 1. / 39916800;
  sum = sum * r + 1. / 3628800;
  sum = sum * r + 1. / 362880;
  sum = sum * r + 1. / 40320;
  sum = sum * r + 1. / 5040;
  sum = sum * r + 1. / 720;
  sum = sum * r + 1. / 120;
  sum = sum * r + 1. / 24;
  sum = sum * r + 1. / 6;
  sum = sum * r + 0.5;
  const double e = (sum * r + 1) * r + 1;
  return in < -708 ? 0 : e * __builtin_bit_cast(double, (__builtin_bit_cast(uint64_t, shifted) + 1023) << 52);
}

/// e^t - 1 for t <= 0, exact near 0
[[gnu::always_inline]] inline double expm1(double t) {
  const double near = t < -0.35 ? -0.35 : t;
  double sum = 1. / 87178291200;
  sum = sum * near + 1. / 6227020800;
  sum = sum * near + 1. / 479001600;
  sum = sum * near + 1. / 39916800;
  sum = sum * near + 1. / 3628800;
  sum = sum * near + 1. / 362880;
  sum = sum * near + 1. / 40320;
  sum = sum * near + 1. / 5040;
  sum = sum * near + 1. / 720;
  sum = sum * near + 1. / 120;
  sum = sum * near + 1. / 24;
  sum = sum * near + 1. / 6;
  sum = sum * near + 0.5;
  return t < -0.35 ? fast::exp(t) - 1 : near + near * near * sum;
}

/// log(u) for finite u > 0 that is not denormal; NaN for NaN
[[gnu::always_inline]] inline double log(double u) {
  // Moves the mantissa to between sqrt(1/2) and sqrt(2), and the exponent with it.
  constexpr uint64_t root_half = 0x3fe6a09e667f3bcd, mantissa = 0x000fffffffffffff;
  const uint64_t bits = __builtin_bit_cast(uint64_t, u) - root_half + (uint64_t{1023} << 52);
  const double exponent = __builtin_bit_cast(double, (bits >> 52) | 0x4330000000000000) - (0x1p52 + 1023);
  const auto m = __builtin_bit_cast(double, (bits & mantissa) + root_half);
  const double z = (m - 1) / (m + 1), square = z * z;
  double sum = 1. / 21;
  sum = sum * square + 1. / 19;
  sum = sum * square + 1. / 17;
  sum = sum * square + 1. / 15;
  sum = sum * square + 1. / 13;
  sum = sum * square + 1. / 11;
  sum = sum * square + 1. / 9;
  sum = sum * square + 1. / 7;
  sum = sum * square + 1. / 5;
  sum = sum * square + 1. / 3;
  return exponent * ln2_high + (2 * z + (2 * z * square * sum + exponent * ln2_low)) + 0 * u;
}

/// log(1 + u) for u > -1, exact near 0 too
[[gnu::always_inline]] inline double log1p(double u) {
  const double whole = 1 + u;
  return fast::log(whole) + (u - (whole - 1)) / whole;
}

/// log(1 + e^t)
[[gnu::always_inline]] inline double softplus(double t) { return (t > 0 ? t : 0) + fast::log1p(fast::exp(t < 0 ? t : -t)); }

/// 1 / (1 + e^-t)
[[gnu::always_inline]] inline double sigmoid(double t) { return 1 / (1 + fast::exp(-t)); }

/// B_2k / (2k (2k - 1)): the remainder is their sum over a^(2k-1), to 1e-15 for a >= 8.
inline constexpr double stirling_series[] = {1. / 12,   -1. / 360,      1. / 1260, -1. / 1680,
                                             1. / 1188, -691. / 360360, 1. / 156,  -3617. / 122400};

/// log Gamma(a) less (a - 1/2) log a - a + log(2 pi) / 2, and its derivative; a > 1e-30. Below 8 through
/// Gamma(a) = Gamma(a + 8) / (a (a + 1) ... (a + 7)).
struct Remainder {
  double value, slope;
};

[[gnu::always_inline]] inline Remainder remainder_of(double a, double log_a) {
  const bool far = a >= 8;
  const double b = far ? a : a + 8, inverse = 1 / b, u = inverse * inverse;
  double sum = stirling_series[7], rise = 15 * stirling_series[7];
#pragma GCC unroll 8
  for (int k = 6; k >= 0; --k) {
    sum = sum * u + stirling_series[k];
    rise = rise * u + (2 * k + 1) * stirling_series[k];
  }
  const double near = far ? 8 : a, log_b = fast::log(near + 8);
  double product = 1, derivative = 0;
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    derivative = derivative * (near + i) + product;
    product *= near + i;
  }
  const double low = (near + 7.5) * log_b - (near - 0.5) * log_a - fast::log(product) - 8;
  const double low_slope = log_b - log_a - 0.5 / (near + 8) + 0.5 / near - derivative / product;
  return {sum * inverse + (far ? 0 : low), (far ? 0 : low_slope) - rise * u};
}

}  // namespace elbo::fast
