#include <elbo/once_differentiable.hpp>

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/functions/utils.h>

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Node;
using torch::autograd::variable_list;

struct Owner;  // names the friend below

/// Takes the place of a gradient's derivative.
struct SecondDerivative final : Node {
  SecondDerivative(std::string name, torch::autograd::edge_list edges)
      : Node(std::move(edges)), function(std::move(name)) {}

  variable_list apply(variable_list&&) override {
    throw Error(function +
                ": was asked for a second derivative, as of a gradient penalty; expected first derivatives alone, for "
                "which its backward "
                "pass is written; compose it of torch's operations, or turn the fused ones off with "
                "elbo::use_fused_kernels(false) or "
                "ELBO_KERNELS=plain");
  }

  std::string function;
};

}  // namespace
}  // namespace elbo

// The node of a context is known to torch's own CppNode alone; this is one.
template <>
struct torch::autograd::CppNode<elbo::Owner> {
  static std::shared_ptr<Node> of(const AutogradContext& context) { return context.grad_fn_.lock(); }
};

namespace elbo {

// The error leads to all that the gradients depend on, as their derivative would: autograd takes no way that does not lead to
// what it was asked for.
variable_list once_differentiable(const char* function, const AutogradContext& context, const variable_list& grads,
                                  variable_list gradients) {
  if (!at::GradMode::is_enabled()) return gradients;
  auto edges = torch::autograd::collect_next_edges(grads);
  for (const auto& edge : torch::autograd::CppNode<Owner>::of(context)->next_edges()) edges.push_back(edge);
  const auto error = std::make_shared<SecondDerivative>(function, std::move(edges));
  for (Tensor& gradient : gradients) {
    if (!gradient.defined()) continue;
    gradient = gradient.detach();
    torch::autograd::set_history(gradient, error);
  }
  return gradients;
}

}  // namespace elbo
