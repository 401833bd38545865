// For autograd functions whose backward pass is written by hand: its results carry no graph of their own, so that a second
// derivative through it, such as that of a gradient penalty, would lose terms without a word. Here it is an error.
#pragma once
#include <string>

#include <torch/csrc/autograd/custom_function.h>

#include <elbo/error.hpp>

namespace elbo {

/// The gradients that a backward pass returns. Where a graph of it is asked for (create_graph), differentiating them throws
/// Error, which names `function`; otherwise they are returned as they are. `grads` are what the pass was given.
ELBO_EXPORT torch::autograd::variable_list once_differentiable(const char* function,
                                                               const torch::autograd::AutogradContext& context,
                                                               const torch::autograd::variable_list& grads,
                                                               torch::autograd::variable_list gradients);

/// As torch::autograd::Function; F has `static constexpr const char* name`, forward(), and gradients() instead of backward().
template <class F>
struct OnceDifferentiable : torch::autograd::Function<F> {
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    torch::autograd::variable_list gradients;
    {
      const at::AutoGradMode no_graph(false);
      gradients = F::gradients(context, grads);
    }
    return once_differentiable(F::name, *context, grads, std::move(gradients));
  }
};

}  // namespace elbo
