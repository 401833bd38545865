// torch's Tensor with its methods and operators, and the few free functions that plugins need.
// They throw c10::Error, libtorch's exception, where shapes, dtypes or devices do not fit together, and Error where it is said.
// Narrow on purpose: a plugin that includes only the SDK compiles in seconds, not tens of them.
#pragma once
#ifndef AT_PER_OPERATOR_HEADERS
#define AT_PER_OPERATOR_HEADERS
#endif
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <vector>

#include <elbo/error.hpp>
#include <elbo/observation.hpp>

namespace elbo {

using at::Tensor;

/// Tensors of the dtype and device of `like`.
ELBO_EXPORT Tensor zeros(const Shape& shape, const Tensor& like);
ELBO_EXPORT Tensor full(const Shape& shape, double value, const Tensor& like);
/// 0, 1, ..., n - 1, of the dtype and device of `like`.
ELBO_EXPORT Tensor arange(int64_t n, const Tensor& like);

/// float32 on the CPU; the host moves modules to their device and dtype.
ELBO_EXPORT Tensor zeros(const Shape& shape);
ELBO_EXPORT Tensor ones(const Shape& shape);
ELBO_EXPORT Tensor full(const Shape& shape, double value);
/// float32 on the CPU, of these values in row-major order. Throws Error where they do not fill the shape.
ELBO_EXPORT Tensor tensor_of(const std::vector<double>& values, const Shape& shape);

ELBO_EXPORT Tensor cat(const std::vector<Tensor>& parts, int64_t dim);
ELBO_EXPORT Tensor stack(const std::vector<Tensor>& parts, int64_t dim);
ELBO_EXPORT Tensor where(const Tensor& condition, const Tensor& yes, const Tensor& no);

/// Sum over all dimensions after the first two: [S, B, X...] -> [S, B]. Throws Error on fewer than two dimensions.
ELBO_EXPORT Tensor sum_event(const Tensor& t);

// --------------------------------------------------------------------------------------- functions
// Elementwise functions in forms that keep value and gradient finite and exact in the tails.
// Every likelihood is written in these; none of them adds an epsilon or clamps its argument.

inline constexpr double log_2 = 0.693147180559945309417;
inline constexpr double half_log_2pi = 0.918938533204672741780;

/// log(1 + e^t) = max(t, 0) + log1p(e^-|t|)
ELBO_EXPORT Tensor softplus(const Tensor& t);
/// log(1 / (1 + e^-t))
ELBO_EXPORT Tensor log_sigmoid(const Tensor& t);
/// The log of the softmax over dimension 2 of logits [S, B, K, X...] at k [B, X...] (int64) -> [S, B, X...]. Its gradient keeps its
/// digits where the probability is near 1.
ELBO_EXPORT Tensor log_softmax_at(const Tensor& k, const Tensor& logits);
/// log(1 - e^-t) for t > 0; -inf at t = 0 (Maechler 2012)
ELBO_EXPORT Tensor log1mexp(const Tensor& t);
/// log(e^a + e^b)
ELBO_EXPORT Tensor log_add_exp(const Tensor& a, const Tensor& b);
/// log(sinh(t) / t), even, 0 at t = 0
ELBO_EXPORT Tensor log_sinhc(const Tensor& t);
/// log((1 - e^-t) / t) for t >= 0, 0 at t = 0
ELBO_EXPORT Tensor log1mexpc(const Tensor& t);
/// log Phi(t), Phi the standard normal distribution function
ELBO_EXPORT Tensor log_ndtr(const Tensor& t);
/// log(Phi(b) - Phi(a)) for a < b; either end may be infinite
ELBO_EXPORT Tensor log_ndtr_difference(const Tensor& a, const Tensor& b);
/// log(sigmoid(b) - sigmoid(a)) for a < b; either end may be infinite
ELBO_EXPORT Tensor log_sigmoid_difference(const Tensor& a, const Tensor& b);
/// log P(k) of a logistic distribution whose values are rounded to k = 0 .. levels - 1, standing for -1 .. 1; the end levels
/// take the tails. k is a floating tensor, whose dtype the result has; finite for every finite loc and log_scale (after Salimans et
/// al. 2017)
ELBO_EXPORT Tensor log_logistic_level(const Tensor& k, const Tensor& loc, const Tensor& log_scale, int64_t levels);
struct LogisticLevelMoments {
  Tensor mean, variance;  // float64, of the shape of loc
};
/// Of the same distribution.
ELBO_EXPORT LogisticLevelMoments logistic_level_moments(const Tensor& loc, const Tensor& log_scale, int64_t levels);
/// (edge - loc) e^-log_scale in float64; an infinite edge stays infinite and gives no gradient, not NaN.
ELBO_EXPORT Tensor standardized(const Tensor& edge, const Tensor& loc, const Tensor& log_scale);
/// min + softplus(t - min): a soft lower bound, smooth everywhere
ELBO_EXPORT Tensor soft_lower_bound(const Tensor& t, double min);
/// The same as a tensor of this type: a bound of a float32 in float64 keeps what e^bound shows.
ELBO_EXPORT Tensor soft_lower_bound(const Tensor& t, double min, at::ScalarType type);
/// max - softplus(max - t), as a tensor of this type
ELBO_EXPORT Tensor soft_upper_bound(const Tensor& t, double max, at::ScalarType type);
/// The t whose soft lower bound is y; y is first raised to min + 0.01.
ELBO_EXPORT Tensor inverse_soft_lower_bound(const Tensor& y, double min);
/// A soft bound on both sides: about t between them, strictly within [min, max] always.
ELBO_EXPORT Tensor soft_bound(const Tensor& t, double min, double max);
ELBO_EXPORT Tensor soft_bound(const Tensor& t, double min, double max, at::ScalarType type);
/// log_p [S, B], but -inf for each data point of which some value is not valid [B, X...] (bool)
ELBO_EXPORT Tensor minus_inf_outside(const Tensor& valid, const Tensor& log_p);

}  // namespace elbo
