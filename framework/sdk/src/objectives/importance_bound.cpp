#include <elbo/objective_parts.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <elbo/once_differentiable.hpp>
#include "sdk/src/fused/fused.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// Weights w_k / sum of w, k steps of `stride` apart, divided by `groups`; returns log mean of w.
template <class Real>
double weigh(const Real* log_w, Real* weight, int64_t k, int64_t stride, double groups) {
  double top = -std::numeric_limits<double>::infinity(), sum = 0;
  for (int64_t i = 0; i < k; ++i) top = std::max(top, static_cast<double>(log_w[i * stride]));
  if (!std::isfinite(top)) top = 0;  // all weights 0, or one of them infinite
  for (int64_t i = 0; i < k; ++i) sum += std::exp(static_cast<double>(log_w[i * stride]) - top);
  const double log_sum = top + std::log(sum);
  for (int64_t i = 0; i < k; ++i)
    weight[i * stride] = static_cast<Real>(std::exp(static_cast<double>(log_w[i * stride]) - log_sum) / groups);
  return log_sum - std::log(static_cast<double>(k));
}

template <class Real>
void bounds(const Tensor& log_w, int64_t groups, Tensor& weights, Tensor& bound) {
  const int64_t k = log_w.size(0) / groups, data = log_w.size(1);
  for (int64_t b = 0; b < data; ++b) {
    double sum = 0;
    for (int64_t m = 0; m < groups; ++m) {
      const int64_t first = m * k * data + b;
      sum +=
          weigh(log_w.data_ptr<Real>() + first, weights.data_ptr<Real>() + first, k, data, static_cast<double>(groups));
    }
    bound.data_ptr<Real>()[b] = static_cast<Real>(sum / static_cast<double>(groups));
  }
}

struct GroupedBound : OnceDifferentiable<GroupedBound> {
  static constexpr const char* name = "elbo::grouped_bound";

  static Variable forward(AutogradContext* context, const Variable& log_w, int64_t groups) {
    Tensor weights = at::empty_like(log_w), bound = at::empty({log_w.size(1)}, log_w.options());
    if (log_w.scalar_type() == at::kFloat) bounds<float>(log_w, groups, weights, bound);
    else bounds<double>(log_w, groups, weights, bound);
    context->save_for_backward({weights});
    return bound;
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    return {context->get_saved_variables()[0] * grads[0], Variable()};
  }
};

}  // namespace

Tensor grouped_bound(const Tensor& log_w, int64_t groups) {
  const bool known = log_w.is_cpu() && (log_w.scalar_type() == at::kFloat || log_w.scalar_type() == at::kDouble);
  if (fused_kernels() && known) return GroupedBound::apply(log_w.contiguous(), groups);
  const int64_t k = log_w.size(0) / groups;
  return (log_w.reshape({groups, k, log_w.size(1)}).logsumexp(1) - std::log(static_cast<double>(k))).mean(0);
}

Tensor doubly_reparameterised(const Pass& pass, int64_t groups) {
  const Tensor log_w = pass.log_weight();
  const auto shape = log_w.sizes();
  const Tensor w = log_w.detach().reshape({groups, shape[0] / groups, shape[1]}).softmax(1).reshape(shape);
  if (pass.z.requires_grad()) pass.z.register_hook([w](Tensor gradient) { return gradient * w.unsqueeze(2); });
  return (w * log_w).sum(0).mean() / static_cast<double>(groups);
}

std::string importance_formula(int64_t samples, bool weighted) {
  const std::string ratio = weighted ? "(p(z_k) / q(z_k|x))^beta" : "p(z_k) / q(z_k|x)";
  return "log (1/" + std::to_string(samples) + ") sum_k p(x|z_k) " + ratio;
}

}  // namespace elbo
