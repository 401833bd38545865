// The update of Kingma & Ba (2015) in one pass over the parameters, their gradients and both moments.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo::host::kernels {

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

/// Parameters that are updated by a few kernels for all of them, on a CUDA device: float tensors with what adam_step() takes.
struct AdamLists {
  std::vector<Tensor> parameters, gradients, first, second;
};

/// Whether this libtorch updates lists with rates that lie on the device (2.1 and later).
bool has_adam_lists();
/// Step number `step` of all; it and the rate `lr` are float32 scalars on the device, whose values are read when the kernels
/// run: what was recorded can be replayed with others. rates.lr is not used. Throws Error without has_adam_lists().
void adam_step(const AdamLists& lists, const Tensor& step, const Tensor& lr, const AdamRates& rates);

}  // namespace elbo::host::kernels
