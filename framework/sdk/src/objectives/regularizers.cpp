#include <elbo/objective_parts.hpp>

#include <cmath>

#include <elbo/tensor.hpp>

namespace elbo {
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
