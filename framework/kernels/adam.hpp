// The update of Kingma & Ba (2015) in one pass over the parameters, their gradients and both moments.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo::kernels {

struct AdamRates {
  double lr, beta1, beta2, eps;
  double weight_decay;  // L2 penalty, or decoupled (Loshchilov & Hutter 2019)
  bool decoupled;
};

/// Whether adam_step() knows this parameter and its gradient: contiguous float32 or float64 on the CPU.
bool adam_suits(const Tensor& parameter, const Tensor& gradient);
/// Step number `step` (from 1) of a parameter that suits; first and second are like it, 0 at the start.
void adam_step(Tensor& parameter, const Tensor& gradient, Tensor& first, Tensor& second, int64_t step,
               const AdamRates& rates);

}  // namespace elbo::kernels
