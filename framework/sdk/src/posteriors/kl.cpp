#include <elbo/posterior.hpp>

#include <cmath>

#include <elbo/distributions.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

// Given z_<j, z_j is normal with scale S_jj; its mean varies with variance sum_{i<j} S_ji^2 about mean_j.
Tensor of_full_normal(const Tensor& mean, const Tensor& scale, const Tensor& log_diagonal) {
  return normal_kl(mean, log_diagonal) + 0.5 * scale.tril(-1).square().sum(2);
}

Tensor of_laplace(const Tensor& mean, const Tensor& log_scale) {
  return half_log_2pi - log_2 - 1 - log_scale + 0.5 * mean.square() + (2 * log_scale).exp();
}

Tensor of_uniform(const Tensor& low, const Tensor& high, const Tensor& log_width) {
  return half_log_2pi - log_width + (low.square() + low * high + high.square()) / 6;
}

/// E|z| of N(mean, scale^2)
Tensor mean_abs_of_normal(const Tensor& mean, const Tensor& scale) {
  const Tensor u = mean / scale * std::sqrt(0.5);
  return scale * (-u.square()).exp() * std::sqrt(2 / M_PI) + mean * u.erf();
}

}  // namespace

std::optional<Tensor> kl_to_standard_normal(const Posterior& q) {
  if (const auto p = q.diagonal_normal()) return normal_kl(p->mean, p->log_scale);
  if (const auto p = q.full_normal()) return of_full_normal(p->mean, p->scale, p->log_diagonal);
  if (const auto p = q.laplace()) return of_laplace(p->mean, p->log_scale);
  if (const auto p = q.uniform()) return of_uniform(p->low, p->high, p->log_width);
  return {};
}

// A KL does not change when q and p are moved and stretched alike.
std::optional<Tensor> kl_to_normal(const Posterior& q, const Tensor& mean, const Tensor& log_scale) {
  const Tensor shrink = (-log_scale).exp();
  if (const auto p = q.diagonal_normal()) return normal_kl((p->mean - mean) * shrink, p->log_scale - log_scale);
  if (const auto p = q.full_normal())
    return of_full_normal((p->mean - mean) * shrink, p->scale * shrink.unsqueeze(1), p->log_diagonal - log_scale);
  if (const auto p = q.laplace()) return of_laplace((p->mean - mean) * shrink, p->log_scale - log_scale);
  if (const auto p = q.uniform())
    return of_uniform((p->low - mean) * shrink, (p->high - mean) * shrink, p->log_width - log_scale);
  return {};
}

std::optional<Tensor> kl_to_laplace(const Posterior& q, double scale) {
  const double log_2b = log_2 + std::log(scale);
  const auto from_normal = [&](const Tensor& entropy_scale, const Tensor& mean, const Tensor& spread) {
    return log_2b - 0.5 - half_log_2pi - entropy_scale + mean_abs_of_normal(mean, spread) / scale;
  };
  if (const auto p = q.diagonal_normal()) return from_normal(p->log_scale, p->mean, p->log_scale.exp());
  if (const auto p = q.full_normal()) return from_normal(p->log_diagonal, p->mean, p->scale.square().sum(2).sqrt());
  if (const auto p = q.laplace()) {
    const Tensor away = p->mean.abs(), b = p->log_scale.exp();
    return std::log(scale) - p->log_scale + (away + b * (-away / b).exp()) / scale - 1;
  }
  return {};
}

}  // namespace elbo
