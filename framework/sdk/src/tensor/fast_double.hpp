// Branch-free double functions that a compiler turns into vector code; relative errors of some 1e-16. Beside them the
// part of log Gamma that Stirling's formula leaves over. Inner loops are unrolled, since only innermost ones become vectors.
#pragma once
#include <cstdint>

namespace elbo::fast {

inline constexpr double ln2 = 0.693147180559945309417;
inline constexpr double ln2_high = 0x1.62e42fefa3800p-1;  // its last 11 bits are 0, so that n * ln2_high is exact
inline constexpr double ln2_low = 0x1.ef35793c76730p-45;

/// The sum of c[k] x^k. Even and odd powers apart are two chains of half the length, which a processor computes at once.
template <int degree>
[[gnu::always_inline]] inline double polynomial(const double* c, double x) {
  constexpr int last_even = degree / 2 * 2, last_odd = (degree + 1) / 2 * 2 - 1;
  const double square = x * x;
  double even = c[last_even], odd = c[last_odd];
#pragma GCC unroll 16
  for (int k = last_even - 2; k >= 0; k -= 2) even = even * square + c[k];
#pragma GCC unroll 16
  for (int k = last_odd - 2; k > 0; k -= 2) odd = odd * square + c[k];
  return even + odd * x;
}

/// e^t as scale (1 + rest), where scale is the power of 2 next to it; -708 <= t <= 709.
struct Power {
  double scale, rest;
};

[[gnu::always_inline]] inline Power power_of(double t) {
  // (e^r - 1 - r) / r^2 for |r| <= log(2) / 2, to 2e-17 of e^r
  constexpr double series[] = {0.5,
                               0.16666666666666674515,
                               0.041666666666624152353,
                               0.0083333333333222242518,
                               0.0013888888917201201561,
                               0.00019841269886535421303,
                               0.00002480152131571503049,
                               2.7557242402738028504e-6,
                               2.7620078939460614512e-7,
                               2.5110024268616475871e-8};
  const double shifted = t * 1.44269504088896340736 + 0x1.8p52, n = shifted - 0x1.8p52;  // the nearest integer
  const double r = (t - n * ln2_high) - n * ln2_low;
  return {__builtin_bit_cast(double, (__builtin_bit_cast(uint64_t, shifted) + 1023) << 52),
          r + r * r * polynomial<9>(series, r)};
}

/// e^t; 0 below -708, e^709 for all above 709
[[gnu::always_inline]] inline double exp(double in) {
  const double low = in < -708 ? -708 : in, t = low > 709 ? 709 : low;
  const Power p = power_of(t);
  return in < -708 ? 0 : p.scale * p.rest + p.scale;
}

/// e^t, 0 below -708, and e^t - 1, exact near 0; for t <= 0
struct Decay {
  double value, less_one;

  [[gnu::always_inline]] static Decay of(double t) {
    const Power p = power_of(t < -708 ? -708 : t);
    return {t < -708 ? 0 : p.scale * p.rest + p.scale, p.scale * p.rest + (p.scale - 1)};
  }
};

/// e^t for -1/4 <= t <= 0
[[gnu::always_inline]] inline double exp_near_0(double t) {
  // (e^t - 1) / t, to 1e-17 of e^t
  constexpr double series[] = {1.0,
                               0.4999999999999953,
                               0.16666666666616559,
                               0.041666666646060814,
                               0.008333332908497621,
                               0.0013888839625670409,
                               0.0001983790720659159,
                               2.4667266113234712e-05,
                               2.4634585655528518e-06};
  return 1 + t * polynomial<8>(series, t);
}

/// e^t - 1 for t <= 0, exact near 0
[[gnu::always_inline]] inline double expm1(double t) { return Decay::of(t).less_one; }

/// 2^-k u for finite u > 0 that is not denormal, between sqrt(1/2) and sqrt(2), and k
struct Mantissa {
  uint64_t bits;
  double value, exponent;

  [[gnu::always_inline]] static Mantissa of(double u) {
    constexpr uint64_t root_half = 0x3fe6a09e667f3bcd, mask = 0x000fffffffffffff;
    const uint64_t moved = __builtin_bit_cast(uint64_t, u) - root_half + (uint64_t{1023} << 52),
                   bits = (moved & mask) + root_half;
    return {bits, __builtin_bit_cast(double, bits),
            __builtin_bit_cast(double, (moved >> 52) | 0x4330000000000000) - (0x1p52 + 1023)};
  }
};

/// log(2^exponent (1 + f)) for 1 + f between sqrt(1/2) and sqrt(2)
[[gnu::always_inline]] inline double log_of(double exponent, double f) {
  // 2 atanh(z) / z - 2, divided by z^2: minimax to 2^-58, of fdlibm's e_log.c
  constexpr double series[] = {0.6666666666666735130, 0.3999999999940941908, 0.2857142874366239149,
                               0.2222219843214978396, 0.1818357216161805012, 0.1531383769920937332,
                               0.1479819860511658591};
  const double z = f / (2 + f), square = z * z, half = 0.5 * f * f;
  // 2 z = f - z f, and z f = f^2 / 2 - z f^2 / 2: f itself loses nothing
  const double low = exponent * ln2_low + z * (half + square * polynomial<6>(series, square));
  return exponent * ln2_high - ((half - low) - f);
}

/// log(u) for finite u > 0 that is not denormal; NaN for NaN
[[gnu::always_inline]] inline double log(double u) {
  const Mantissa m = Mantissa::of(u);
  return log_of(m.exponent, m.value - 1) + 0 * u;
}

/// log(1 + u) for -1 < u < 1e300, exact near 0 too; NaN for NaN
[[gnu::always_inline]] inline double log1p(double u) {
  const double whole = 1 + u, lost = u - (whole - 1);
  const Mantissa m = Mantissa::of(whole);
  const auto scale =
      __builtin_bit_cast(double, m.bits - __builtin_bit_cast(uint64_t, whole) + (uint64_t{1023} << 52));  // 2^-exponent
  return log_of(m.exponent, (m.value - 1) + lost * scale) + 0 * u;
}

/// log(1 + e^t)
[[gnu::always_inline]] inline double softplus(double t) {
  return (t > 0 ? t : 0) + fast::log1p(fast::exp(t < 0 ? t : -t));
}

/// 1 / (1 + e^-t)
[[gnu::always_inline]] inline double sigmoid(double t) { return 1 / (1 + fast::exp(-t)); }

/// B_2k / (2k (2k - 1)): the remainder is their sum over a^(2k-1), to 1e-15 for a >= 8.
inline constexpr double stirling_series[] = {1. / 12,   -1. / 360,      1. / 1260, -1. / 1680,
                                             1. / 1188, -691. / 360360, 1. / 156,  -3617. / 122400};

/// Of its derivative, which is less their sum over a^2k.
inline constexpr double stirling_slopes[] = {1. / 12,   -3. / 360,           5. / 1260, -7. / 1680,
                                             9. / 1188, -11. * 691 / 360360, 13. / 156, -15. * 3617 / 122400};

/// log Gamma(a) less (a - 1/2) log a - a + log(2 pi) / 2, and its derivative; a > 1e-30. Below 8 through
/// Gamma(a) = Gamma(a + 8) / (a (a + 1) ... (a + 7)).
struct Remainder {
  double value, slope;
};

[[gnu::always_inline]] inline Remainder remainder_of(double a, double log_a) {
  const bool far = a >= 8;
  const double b = far ? a : a + 8, inverse = 1 / b, u = inverse * inverse;
  const double sum = polynomial<7>(stirling_series, u), rise = polynomial<7>(stirling_slopes, u);
  // a (a + 1) ... (a + 7) is a product of (a + i) (a + 7 - i) = y + i (7 - i).
  const double near = far ? 8 : a, log_b = fast::log(near + 8), y = near * (near + 7);
  const double outer = y * (y + 6), inner = (y + 10) * (y + 12), product = outer * inner;
  const double derivative = (2 * near + 7) * ((2 * y + 6) * inner + (2 * y + 22) * outer);
  const double low = (near + 7.5) * log_b - (near - 0.5) * log_a - fast::log(product) - 8;
  const double low_slope = log_b - log_a - 0.5 * inverse + (0.5 * product - derivative * near) / (near * product);
  return {sum * inverse + (far ? 0 : low), (far ? 0 : low_slope) - rise * u};
}

}  // namespace elbo::fast
