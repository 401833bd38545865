// Compositions of tensor operations that are worth one pass over the data instead of several. Each has a plain twin,
// which is taken for dtypes and devices that the fast one does not know, and everywhere after use_fused_kernels(false).
#pragma once
#include <elbo/tensor.hpp>

namespace elbo {

/// On at the start, unless the environment has ELBO_KERNELS=plain.
ELBO_EXPORT bool fused_kernels();
ELBO_EXPORT void use_fused_kernels(bool on);

/// x W^T + b; x [N, in], weight [out, in], bias [out] -> [N, out]. Its backward pass transposes nothing in memory.
ELBO_EXPORT Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// log p(x) of independent binary values, summed over X...: x [B, X...], logit [S, B, X...] -> [S, B] in nats; -inf where
/// some value of a datum is neither 0 nor 1.
ELBO_EXPORT Tensor bernoulli_log_prob(const Tensor& x, const Tensor& logit);

}  // namespace elbo
