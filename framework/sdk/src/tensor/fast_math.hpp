// Branch-free float functions that a compiler turns into vector code; relative errors of some 1e-7. NaN stays NaN.
#pragma once
#include <cstdint>

#ifdef __CUDACC__
#define ELBO_EVERYWHERE __host__ __device__
#else
#define ELBO_EVERYWHERE
#endif

namespace elbo::fast {

// Nearest integer, for |t| < 2^22, without a library call.
ELBO_EVERYWHERE inline float nearest(float t) { return (t + 0x1.8p23f) - 0x1.8p23f; }

/// 2 atanh(z) for |z| <= 1/3
ELBO_EVERYWHERE inline float twice_atanh(float z) {
  const float u = z * z;
  float sum = 1 / 17.f;
  sum = sum * u + 1 / 15.f;
  sum = sum * u + 1 / 13.f;
  sum = sum * u + 1 / 11.f;
  sum = sum * u + 1 / 9.f;
  sum = sum * u + 1 / 7.f;
  sum = sum * u + 1 / 5.f;
  sum = sum * u + 1 / 3.f;
  return 2 * z + 2 * z * u * sum;
}

/// log(u) for finite u > 0 that is not denormal
ELBO_EVERYWHERE inline float log(float u) {
  // Moves the mantissa to between sqrt(1/2) and sqrt(2), and the exponent with it.
  const auto bits = __builtin_bit_cast(int32_t, u) - 0x3f3504f3;
  const auto exponent = static_cast<float>(bits >> 23);
  const auto m = __builtin_bit_cast(float, (bits & 0x7fffff) + 0x3f3504f3);
  return exponent * 0.693147180559945f + twice_atanh((m - 1) / (m + 1));
}

/// e^t for t <= 0; e^-87 for all below
ELBO_EVERYWHERE inline float exp_negative(float t) {
  t = t < -87 ? -87 : t;
  const float n = nearest(t * 1.44269504088896f);
  const float r = (t - n * 0.693359375f) + n * 2.12194440e-4f;
  float sum = 1 / 5040.f;
  sum = sum * r + 1 / 720.f;
  sum = sum * r + 1 / 120.f;
  sum = sum * r + 1 / 24.f;
  sum = sum * r + 1 / 6.f;
  sum = sum * r + 0.5f;
  const float e = (sum * r + 1) * r + 1;
  return e * __builtin_bit_cast(float, (static_cast<int32_t>(n) + 127) << 23);
}

/// tanh(t); near 0 by a polynomial in t^2 (Moshier's Cephes), so that small values keep their digits
ELBO_EVERYWHERE inline float tanh(float t) {
  const float away = t < 0 ? -t : t, u = t * t;
  float sum = -5.70498872745e-3f;
  sum = sum * u + 2.06390887954e-2f;
  sum = sum * u - 5.37397155531e-2f;
  sum = sum * u + 1.33314422036e-1f;
  sum = sum * u - 3.33332819422e-1f;
  const float e = exp_negative(-2 * away), far = (1 - e) / (1 + e);
  return away < 0.625f ? t + t * u * sum : t < 0 ? -far : far;
}

struct SineCosine {
  float sine, cosine;
};

/// Of 2 pi t for 0 <= t <= 1: the quarter is taken off exactly.
ELBO_EVERYWHERE inline SineCosine of_turn(float t) {
  const float quarter = nearest(4 * t), r = (4 * t - quarter) * 1.57079632679490f, u = r * r;
  const float s = r + r * u * (-1 / 6.f + u * (1 / 120.f + u * (-1 / 5040.f + u * (1 / 362880.f))));
  const float c = 1 + u * (-0.5f + u * (1 / 24.f + u * (-1 / 720.f + u * (1 / 40320.f + u * (-1 / 3628800.f)))));
  const auto q = static_cast<int32_t>(quarter);
  const float a = q & 1 ? c : s, b = q & 1 ? s : c;
  return {q & 2 ? -a : a, (q + 1) & 2 ? -b : b};
}

}  // namespace elbo::fast
