#include <torch/version.h>

#include "kernels/adam.hpp"

#define ELBO_HAS_ADAM_LISTS (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1))
#if ELBO_HAS_ADAM_LISTS
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#endif

namespace elbo::host::kernels {

#if ELBO_HAS_ADAM_LISTS
bool has_adam_lists() { return true; }

void adam_step(const AdamLists& all, const Tensor& step, const Tensor& lr, const AdamRates& r) {
  const std::vector<Tensor> steps(all.parameters.size(), step);
  if (r.decoupled)
    at::_fused_adamw_(all.parameters, all.gradients, all.first, all.second, {}, steps, lr, r.beta1, r.beta2,
                      r.weight_decay, r.eps, false, false);
  else
    at::_fused_adam_(all.parameters, all.gradients, all.first, all.second, {}, steps, lr, r.beta1, r.beta2,
                     r.weight_decay, r.eps, false, false);
}
#else
bool has_adam_lists() { return false; }

void adam_step(const AdamLists&, const Tensor&, const Tensor&, const AdamRates&) {
  throw Error("Adam: this libtorch has no update of lists; expected 2.1 or later");
}
#endif

}  // namespace elbo::host::kernels
