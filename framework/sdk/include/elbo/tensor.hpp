// torch's Tensor with its methods and operators, and the few free functions that plugins need.
// Narrow on purpose: a plugin that includes only the SDK compiles in seconds, not tens of them.
#pragma once
#ifndef AT_PER_OPERATOR_HEADERS
#define AT_PER_OPERATOR_HEADERS
#endif
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <vector>

#include <elbo/error.hpp>
#include <elbo/shapes.hpp>

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
ELBO_EXPORT Tensor tensor_of(const std::vector<double>& values, const Shape& shape);

ELBO_EXPORT Tensor cat(const std::vector<Tensor>& parts, int64_t dim);
ELBO_EXPORT Tensor stack(const std::vector<Tensor>& parts, int64_t dim);
ELBO_EXPORT Tensor where(const Tensor& condition, const Tensor& yes, const Tensor& no);

/// Sum over all dimensions after the first two: [S, B, X...] -> [S, B].
ELBO_EXPORT Tensor sum_event(const Tensor& t);

}  // namespace elbo
