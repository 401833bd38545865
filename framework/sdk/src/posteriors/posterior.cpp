#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/log_softmax.h>
#include <cmath>
#include <limits>

#include <elbo/distributions.hpp>
#include <elbo/posterior.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

class DiagonalNormal final : public Posterior {
 public:
  DiagonalNormal(Tensor mean, Tensor log_scale) : mean_(std::move(mean)), log_scale_(std::move(log_scale)) {}

  Sample draw(int64_t samples, Rng& rng) const override {
    const Tensor eps = rng.like(mean_.detach()).normal({samples, mean_.size(0), mean_.size(1)});
    const auto [z, log_prob] = normal_draw(mean_, log_scale_, eps);
    return {z, log_prob};
  }

  Tensor mean() const override { return mean_; }

  std::optional<Tensor> log_prob(const Tensor& z) const override {
    const Tensor u = (z - mean_) * (-log_scale_).exp();
    return -(0.5 * u.square() + log_scale_ + half_log_2pi).sum(2);
  }

  std::optional<DiagonalNormalParams> diagonal_normal() const override { return {{mean_, log_scale_}}; }

 private:
  Tensor mean_, log_scale_;
};

}  // namespace

Posterior::~Posterior() = default;
Tensor Posterior::mean() const { return {}; }
std::optional<Tensor> Posterior::log_prob(const Tensor&) const { return {}; }
std::optional<DiagonalNormalParams> Posterior::diagonal_normal() const { return {}; }
std::optional<FullNormalParams> Posterior::full_normal() const { return {}; }
std::optional<LaplaceParams> Posterior::laplace() const { return {}; }
std::optional<UniformParams> Posterior::uniform() const { return {}; }
std::optional<VonMisesFisherParams> Posterior::von_mises_fisher() const { return {}; }

std::optional<NamedDistribution> Posterior::named() const { return {}; }

const Tensor& NamedDistribution::operator[](const std::string& name) const {
  for (const auto& [known, t] : parameters)
    if (known == name) return t;
  throw Error("a " + family + " posterior has no parameter '" + name + "'; expected one of those that it names");
}

std::unique_ptr<Posterior> posteriors::diagonal_normal(Tensor mean, Tensor log_scale) {
  return std::make_unique<DiagonalNormal>(std::move(mean), std::move(log_scale));
}

namespace {

class FullNormal final : public Posterior {
 public:
  FullNormal(Tensor mean, Tensor log_scale, const Tensor& below) {
    const Tensor diagonal = log_scale.exp();
    const Tensor scale = diagonal.unsqueeze(2) * below.tril(-1) + diagonal.diag_embed();
    params_ = {std::move(mean), scale, std::move(log_scale)};
  }

  Sample draw(int64_t samples, Rng& rng) const override {
    const Tensor& mean = params_.mean;
    const Tensor eps = rng.like(mean.detach()).normal({samples, mean.size(0), mean.size(1)});
    const Tensor moved = params_.scale.matmul(eps.permute({1, 2, 0})).permute({2, 0, 1});
    return {mean + moved, density(eps)};
  }

  Tensor mean() const override { return params_.mean; }

  std::optional<Tensor> log_prob(const Tensor& z) const override {
    const Tensor away = (z - params_.mean).permute({1, 2, 0});  // [B, L, S]
    return density(at::linalg_solve_triangular(params_.scale, away, /*upper=*/false).permute({2, 0, 1}));
  }

  std::optional<FullNormalParams> full_normal() const override { return params_; }

 private:
  Tensor density(const Tensor& eps) const {
    return -(0.5 * eps.square() + half_log_2pi).sum(2) - params_.log_diagonal.sum(1);
  }

  FullNormalParams params_;
};

class Laplace final : public Posterior {
 public:
  Laplace(Tensor mean, Tensor log_scale) : params_{std::move(mean), std::move(log_scale)} {}

  Sample draw(int64_t samples, Rng& rng) const override {
    const Tensor& mean = params_.mean;
    const Tensor v = rng.like(mean.detach()).uniform({samples, mean.size(0), mean.size(1)}) - 0.5;
    const Tensor away = -(v.abs() * -2).log1p();
    return {mean + params_.log_scale.exp() * v.sign() * away, density(away)};
  }

  Tensor mean() const override { return params_.mean; }

  std::optional<Tensor> log_prob(const Tensor& z) const override {
    return density((z - params_.mean).abs() * (-params_.log_scale).exp());
  }

  std::optional<LaplaceParams> laplace() const override { return params_; }

 private:
  Tensor density(const Tensor& away) const { return -(away + params_.log_scale + log_2).sum(2); }

  LaplaceParams params_;
};

class UniformBox final : public Posterior {
 public:
  UniformBox(const Tensor& centre, const Tensor& log_width) {
    const Tensor shares = at::log_softmax(stack({centre, log_width, -centre}, 0), 0);
    width_ = 2 * shares[1].exp();
    const Tensor low = 2 * shares[0].exp() - 1;
    params_ = {low, within(low + width_), shares[1] + log_2};
  }

  Sample draw(int64_t samples, Rng& rng) const override {
    const Tensor u = rng.like(width_.detach()).uniform({samples, width_.size(0), width_.size(1)});
    return {within(params_.low + width_ * u), (-params_.log_width.sum(1)).expand({samples, width_.size(0)})};
  }

  Tensor mean() const override { return (params_.low + params_.high) / 2; }

  std::optional<Tensor> log_prob(const Tensor& z) const override {
    const Tensor outside = (z < params_.low).logical_or(z > params_.high).any(2);
    return (-params_.log_width.sum(1))
        .expand_as(outside)
        .masked_fill(outside, -std::numeric_limits<double>::infinity());
  }

  std::optional<UniformParams> uniform() const override { return params_; }

 private:
  /// Rounding alone may carry a value out of [-1, 1], where the prior's density is 0.
  static Tensor within(const Tensor& z) { return z.clamp(-1, 1); }

  UniformParams params_;
  Tensor width_;
};

}  // namespace

std::unique_ptr<Posterior> posteriors::full_normal(Tensor mean, Tensor log_scale, const Tensor& below) {
  return std::make_unique<FullNormal>(std::move(mean), std::move(log_scale), below);
}

std::unique_ptr<Posterior> posteriors::laplace(Tensor mean, Tensor log_scale) {
  return std::make_unique<Laplace>(std::move(mean), std::move(log_scale));
}

std::unique_ptr<Posterior> posteriors::uniform(const Tensor& centre, const Tensor& log_width) {
  return std::make_unique<UniformBox>(centre, log_width);
}

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
