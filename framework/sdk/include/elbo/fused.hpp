// Compositions of tensor operations that are worth one pass over the data instead of several. Each has a plain twin,
// which is taken for dtypes and devices that the fast one does not know, and everywhere after use_fused_kernels(false).
#pragma once
#include <utility>

#include <elbo/tensor.hpp>

namespace elbo {

/// On at the start, unless the environment has ELBO_KERNELS=plain.
ELBO_EXPORT bool fused_kernels();
ELBO_EXPORT void use_fused_kernels(bool on);

/// What a layer may end with; its derivative is a function of its value. leaky_relu has slope 0.01 below 0.
enum class Activation : int64_t { identity, tanh, relu, leaky_relu };

/// activation(x W^T + b); x [N, in], weight [out, in], bias [out] -> [N, out]. Its backward pass transposes nothing in memory.
/// Where two thirds of x or more are zeros and the weight is stored by columns, as nn::Linear does, zeros are skipped: even at infinite weights.
ELBO_EXPORT Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias,
                          Activation activation = Activation::identity);

/// Weight and bias of a layer, for the time of a call.
struct Affine {
  const Tensor &weight, &bias;  // [out, in], [out]
};

/// linear() of one x [N, in] by two layers: [N, out] of each.
ELBO_EXPORT std::pair<Tensor, Tensor> linear_pair(const Tensor& x, const Affine& a, const Affine& b);

/// The transposed convolution of x [N, in, H, W] with weight [in, out, KH, KW] and bias [out], by oneDNN on the CPU:
/// [N, out, (H - 1) stride - 2 padding + KH, ...].
ELBO_EXPORT Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride,
                                    int64_t padding);

/// z = mean + sigma eps [S, B, L] and log N(z; mean, sigma^2) [S, B] in nats; mean and log_scale = log sigma [B, L],
/// eps [S, B, L] standard normal noise (Kingma & Welling 2014).
ELBO_EXPORT std::pair<Tensor, Tensor> normal_draw(const Tensor& mean, const Tensor& log_scale, const Tensor& eps);

/// log N(z; 0, I) in nats: z [S, B, L] -> [S, B]
ELBO_EXPORT Tensor standard_normal_log_prob(const Tensor& z);

/// KL(N(mean, sigma^2) || N(0, 1)) of each value, in nats; log_scale = log sigma, of the same shape.
ELBO_EXPORT Tensor normal_kl(const Tensor& mean, const Tensor& log_scale);

/// log p(x) of independent binary values, summed over X...: x [B, X...], logit [S, B, X...] -> [S, B] in nats; -inf where
/// some value of a datum is neither 0 nor 1.
ELBO_EXPORT Tensor bernoulli_log_prob(const Tensor& x, const Tensor& logit);

}  // namespace elbo
