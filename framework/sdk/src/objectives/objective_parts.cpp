#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <algorithm>
#include <cmath>
#include <limits>

#include <elbo/objective_parts.hpp>
#include <elbo/once_differentiable.hpp>
#include <elbo/tensor.hpp>

#include "sdk/src/fused/fused.hpp"

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

namespace {

constexpr double jitter = 0.2;

struct Point {
  Tensor log_f, gradient;  // [S, B], [S, B, L]
};

Point point_at(const LogDensity& log_f, const Tensor& z) {
  const at::AutoGradMode gradients(true);
  const Tensor leaf = z.detach().clone().requires_grad_(true);
  const Tensor value = log_f(leaf);
  value.sum().backward({}, false, false, {leaf});
  return {value.detach().to(at::kDouble), leaf.grad().detach()};
}

Tensor kinetic(const Tensor& momentum) { return 0.5 * momentum.to(at::kDouble).square().sum(2); }

}  // namespace

Move hmc_move(const LogDensity& log_f, const Tensor& z, const Tensor& step, int64_t leapfrog_steps, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  Rng noise = rng.like(z);
  Tensor momentum = noise.normal(z.sizes().vec());
  const Tensor u = noise.uniform({z.size(0), z.size(1)}).to(at::kDouble);
  // A trajectory of a fixed length may come back to where it began, so lengths differ by chance (Neal 2011, section 5.4.2.2).
  const Tensor length = 1 + jitter * (2 * noise.uniform({z.size(0), z.size(1)}) - 1);
  const Tensor eps = (step.to(z.scalar_type()) * length).unsqueeze(2);  // [S, B, 1]

  Point here = point_at(log_f, z);
  const Tensor before = here.log_f - kinetic(momentum);
  Tensor proposal = z;
  for (int64_t i = 0; i < leapfrog_steps; ++i) {
    momentum = momentum + 0.5 * eps * here.gradient;
    proposal = proposal + eps * momentum;
    here = point_at(log_f, proposal);
    momentum = momentum + 0.5 * eps * here.gradient;
  }
  const Tensor after = here.log_f - kinetic(momentum);
  const Tensor acceptance = (after - before).clamp_max(0).exp().nan_to_num(0, 0, 0);
  const Tensor accepted = (u < acceptance).unsqueeze(2);
  return {elbo::where(accepted, proposal, z), acceptance};
}

void must_fill_space(const Tensor& z) {
  if (z.size(2) > 1 && z.norm(2, {2}).sub(1).abs().max().item<double>() < 1e-3)
    throw UserError(
        "the latents lie on a sphere, which Hamiltonian Monte Carlo would leave; expected latents that fill their "
        "space; use bounds");
}

Tensor adapted(const Tensor& step, const Move& move, double target, double gain) {
  constexpr double smallest = 1e-6, largest = 1e3;
  return (step * (gain * (move.acceptance.mean(0) - target)).exp()).clamp(smallest, largest);
}

namespace {

/// Log weight of component m in the estimate of q(z_i), [B, B].
Tensor log_component_weights(int64_t batch, int64_t total, const std::string& estimator, const Tensor& like) {
  const auto b = static_cast<double>(batch), n = static_cast<double>(total);
  if (estimator == "weighted") return elbo::full({batch, batch}, -std::log(n * b), like);
  if (batch == 1) return elbo::zeros({1, 1}, like);
  Tensor weights = elbo::full({batch, batch}, 1 / (b - 1), like);
  for (int64_t i = 0; i < batch; ++i) {
    weights.select(0, i).select(0, i).fill_(1 / n);
    weights.select(0, i).select(0, (i + 1) % batch).fill_((n - b + 1) / (n * (b - 1)));
  }
  return weights.log();
}

Tensor kernel_mean(const Tensor& a, const Tensor& b, const std::string& kernel) {
  const auto dim = static_cast<double>(a.size(1));
  const Tensor squared = (a.unsqueeze(1) - b.unsqueeze(0)).square().sum(2);
  return (kernel == "imq" ? 2 * dim / (2 * dim + squared) : (-squared / (2 * dim)).exp()).mean();
}

}  // namespace

Tensor floored_kl(const Tensor& kl_per_dim, double floor, bool per_example) {
  return per_example ? kl_per_dim.clamp_min(floor).sum(1) : kl_per_dim.mean(0).clamp_min(floor).sum();
}

KlParts kl_parts(const Tensor& z, const DiagonalNormalParams& q, const Prior& prior, int64_t total,
                 const std::string& estimator) {
  const Tensor u = (z.unsqueeze(2) - q.mean) * (-q.log_scale).exp();     // [S, B, 1, L] against [B, L]
  const Tensor each = -(0.5 * u.square() + q.log_scale + half_log_2pi);  // [S, i, m, L]: log q(z_ij | x_m)
  const Tensor weights = log_component_weights(z.size(1), total, estimator, z.detach());
  const Tensor log_q_x = each.sum(3).diagonal(0, 1, 2);       // [S, B]
  const Tensor log_q = (each.sum(3) + weights).logsumexp(2);  // [S, B]
  const Tensor log_q_dims = (each + weights.unsqueeze(2)).logsumexp(2).sum(2);
  return {(log_q_x - log_q).mean(), (log_q - log_q_dims).mean(), (log_q_dims - prior.log_prob(z)).mean()};
}

Tensor mmd_squared(const Tensor& a, const Tensor& b, const std::string& kernel) {
  return kernel_mean(a, a, kernel) + kernel_mean(b, b, kernel) - 2 * kernel_mean(a, b, kernel);
}

}  // namespace elbo
