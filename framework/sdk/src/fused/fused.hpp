// Compositions of tensor operations that are worth one pass over the data instead of several. Each has a plain twin,
// which is taken for dtypes and devices that the fast one does not know, and everywhere after use_fused_kernels(false).
#pragma once
#include <elbo/tensor.hpp>

namespace elbo {

/// On at the start, unless the environment has ELBO_KERNELS=plain.
ELBO_EXPORT bool fused_kernels();
ELBO_EXPORT void use_fused_kernels(bool on);

/// What a layer may end with; its derivative is a function of its value. leaky_relu has slope 0.01 below 0.
enum class Activation : int64_t { identity, tanh, relu, leaky_relu };

namespace fused {

/// activation(x W^T + b); x [N, in], weight [out, in], bias [out] -> [N, out]. Its backward pass transposes nothing in memory.
/// Where two thirds of x or more are zeros and the weight is stored by columns, as nn::Linear does, zeros are skipped: even at infinite weights.
ELBO_EXPORT Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias,
                          Activation activation = Activation::identity);

/// The transposed convolution of x [N, in, H, W] with weight [in, out, KH, KW] and bias [out], by oneDNN on the CPU:
/// [N, out, (H - 1) stride - 2 padding + KH, ...].
ELBO_EXPORT Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride,
                                    int64_t padding);

}  // namespace fused

}  // namespace elbo
