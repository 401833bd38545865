// Formulas that are written once, for a double within a loop and for whole float64 tensors: a loop is faster, tensors are on
// any device and in a trace.
#pragma once
#include <ATen/ops/exp.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/where.h>

#include <elbo/tensor.hpp>

#include <limits>

#include "sdk/src/tensor/fast_double.hpp"

namespace elbo::generic {

inline Tensor to_double(const Tensor& t) { return t.toType(at::kDouble); }

[[gnu::always_inline]] inline double exp(double t) { return fast::exp(t); }
inline Tensor exp(const Tensor& t) { return t.exp(); }

/// e^t - 1 for t <= 0
[[gnu::always_inline]] inline double expm1(double t) { return fast::expm1(t); }
inline Tensor expm1(const Tensor& t) { return t.expm1(); }

/// e^t and e^t - 1 for t <= 0, of one reduction
template <class T>
struct Decay {
  T value, less_one;
};
[[gnu::always_inline]] inline Decay<double> decay(double t) {
  const fast::Decay d = fast::Decay::of(t);
  return {d.value, d.less_one};
}
inline Decay<Tensor> decay(const Tensor& t) { return {t.exp(), t.expm1()}; }

/// e^t for -1/4 <= t <= 0
[[gnu::always_inline]] inline double exp_near_0(double t) { return fast::exp_near_0(t); }
inline Tensor exp_near_0(const Tensor& t) { return t.exp(); }

/// -inf at 0
[[gnu::always_inline]] inline double log(double t) {
  return t > 0 ? fast::log(t) : -std::numeric_limits<double>::infinity() + t;  // t may be NaN
}
inline Tensor log(const Tensor& t) { return t.log(); }

[[gnu::always_inline]] inline double log1p(double t) { return fast::log1p(t); }
inline Tensor log1p(const Tensor& t) { return t.log1p(); }

[[gnu::always_inline]] inline double sigmoid(double t) { return fast::sigmoid(t); }
inline Tensor sigmoid(const Tensor& t) { return t.sigmoid(); }

[[gnu::always_inline]] inline double abs(double t) { return __builtin_fabs(t); }
inline Tensor abs(const Tensor& t) { return t.abs(); }

[[gnu::always_inline]] inline double choose(bool first, double a, double b) { return first ? a : b; }
inline Tensor choose(const Tensor& first, const Tensor& a, const Tensor& b) { return at::where(first, a, b); }
inline Tensor choose(const Tensor& first, const Tensor& a, double b) {
  return at::where(first, a, at::full({}, b, a.options()));
}
inline Tensor choose(const Tensor& first, double a, const Tensor& b) {
  return at::where(first, at::full({}, a, b.options()), b);
}

/// The value in [low, high] next to t; NaN stays.
[[gnu::always_inline]] inline double clamp(double t, double low, double high) {
  const double above = t < low ? low : t;
  return above > high ? high : above;
}
inline Tensor clamp(const Tensor& t, double low, double high) { return t.clamp(low, high); }
inline Tensor clamp(const Tensor& t, const Tensor& low, const Tensor& high) {
  return at::minimum(at::maximum(t, low), high);
}

}  // namespace elbo::generic
