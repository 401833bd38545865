// Draws and KL of factorised normals, each as one node of the graph: these tensors are small, so that a node costs more
// than its arithmetic.
#include <torch/csrc/autograd/custom_function.h>

#include <elbo/fused.hpp>
#include <elbo/math.hpp>

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// log q comes from the noise itself: (z - mean) / sigma would lose the digits of a small sigma.
variable_list draw(const Tensor& mean, const Tensor& log_scale, const Tensor& spread, const Tensor& eps) {
  const auto dims = static_cast<double>(eps.size(2));
  return {mean + spread, eps.square().sum(2) * -0.5 - (log_scale.sum(1) + dims * half_log_2pi)};
}

struct Draws : torch::autograd::Function<Draws> {
  static variable_list forward(AutogradContext* context, const Variable& mean, const Variable& log_scale, const Variable& eps) {
    context->set_materialize_grads(false);
    const Tensor spread = log_scale.exp() * eps;
    context->save_for_backward({spread});
    return draw(mean, log_scale, spread, eps);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const Tensor spread = context->get_saved_variables()[0], &dz = grads[0], &dlog_q = grads[1];
    variable_list gradients(3);
    if (dz.defined()) {
      gradients[0] = dz.sum(0);
      gradients[1] = (dz * spread).sum(0);
    }
    if (dlog_q.defined()) {
      const Tensor each = dlog_q.sum(0).unsqueeze(1).expand({spread.size(1), spread.size(2)});
      gradients[1] = gradients[1].defined() ? gradients[1] - each : each.neg();
    }
    return gradients;
  }
};

// expm1(v) - v, not exp(v) - 1 - v: no cancellation when q is close to the prior.
Tensor kl(const Tensor& mean, const Tensor& log_variance, const Tensor& excess) {
  return 0.5 * (excess - log_variance + mean.square());
}

struct Kl : torch::autograd::Function<Kl> {
  static Variable forward(AutogradContext* context, const Variable& mean, const Variable& log_scale) {
    const Tensor log_variance = 2 * log_scale, excess = log_variance.expm1();
    context->save_for_backward({mean, excess});
    return kl(mean, log_variance, excess);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    return {grads[0] * saved[0], grads[0] * saved[1]};
  }
};

}  // namespace

std::pair<Tensor, Tensor> normal_draw(const Tensor& mean, const Tensor& log_scale, const Tensor& eps) {
  const variable_list drawn = fused_kernels() ? Draws::apply(mean, log_scale, eps) : draw(mean, log_scale, log_scale.exp() * eps, eps);
  return {drawn[0], drawn[1]};
}

Tensor normal_kl(const Tensor& mean, const Tensor& log_scale) {
  if (fused_kernels() && mean.sizes() == log_scale.sizes()) return Kl::apply(mean, log_scale);
  const Tensor log_variance = 2 * log_scale;
  return kl(mean, log_variance, log_variance.expm1());
}

}  // namespace elbo
