#include "elbo/posterior_head.hpp"

#include <ATen/ops/tril_indices.h>

#include <algorithm>
#include <cmath>

#include "elbo/fused.hpp"
#include "elbo/math.hpp"
#include "elbo/sphere.hpp"

namespace elbo {
namespace {

/// Where a law lies that no flow may move and that only one prior matches; empty for laws of the whole space.
std::string confinement(const std::string& posterior) {
  if (posterior == "uniform") return "its prior's box [-1, 1]";
  if (posterior == "von_mises_fisher") return "the unit sphere";
  return "";
}

void must_be_possible(const PosteriorConfig& config, int64_t latents) {
  if (const std::string within = confinement(config.posterior); !within.empty() && config.flow != "none")
    throw UserError("flow = \"" + config.flow + "\" would carry the " + config.posterior + " posterior out of " +
                    within + "; choose flow = \"none\" or another posterior");
  if (config.posterior == "von_mises_fisher" && latents < 2)
    throw UserError(
        "posterior = \"von_mises_fisher\" is a law of directions, and one latent dimension has none; expected "
        "latent_dim of 2 or more; raise it");
}

std::shared_ptr<Flow> flow_step(const PosteriorConfig& config, int64_t features, int64_t latents, int64_t i, Rng rng) {
  const bool odd = i % 2 == 1;
  if (config.flow == "planar") return planar_flow(latents, features, rng);
  if (config.flow == "householder") return householder_flow(latents, features, rng);
  if (config.flow == "iaf") return inverse_autoregressive_flow(latents, features, config.flow_hidden, odd, rng);
  return coupling_flow(latents, features, config.flow_hidden, odd, rng);
}

}  // namespace

PosteriorHead::PosteriorHead(const PosteriorConfig& config, int64_t features, int64_t latents, Rng rng,
                             const std::string& init, Scale scale)
    : config_(config),
      latents_(latents),
      mean_(part("mean", std::make_shared<nn::Linear>(features, latents, rng.fork("mean"), init))) {
  must_be_possible(config, latents);
  const int64_t pairs = latents * (latents - 1) / 2;
  const bool has_covariances = config.posterior == "full_normal" && pairs > 0;
  if (scale == Scale::constant) {
    constant_log_scale_ = parameter("log_scale", zeros(Shape{scales()}));
    if (has_covariances) constant_below_ = parameter("below", zeros(Shape{pairs}));
  } else {
    log_scale_ = part("log_scale", std::make_shared<nn::Linear>(features, scales(), rng.fork("log_scale")));
    log_scale_->weight().detach().zero_();
    log_scale_->bias().detach().fill_(std::clamp(config.initial_log_scale, config.min_log_scale, config.max_log_scale));
    if (has_covariances) {
      below_ = part("below", std::make_shared<nn::Linear>(features, pairs, rng.fork("below")));
      below_->weight().detach().zero_();  // begins without covariances
    }
  }
  if (config.flow == "none") return;
  for (int64_t i = 0; i < config.flow_steps; ++i)
    flows_.push_back(part("flow" + std::to_string(i),
                          flow_step(config, features, latents, i, rng.fork("flow", static_cast<uint64_t>(i)))));
}
PosteriorHead::~PosteriorHead() = default;

/// One for each latent, or one for all.
int64_t PosteriorHead::scales() const { return config_.posterior == "von_mises_fisher" ? 1 : latents_; }

std::pair<Tensor, Tensor> PosteriorHead::mean_and_log_scale(const Tensor& features) const {
  // A sum, not a view: a view of a parameter asks for its gradient even where it was made without gradients.
  if (!log_scale_)
    return {mean_->forward(features), zeros({features.size(0), scales()}, features) + constant_log_scale_};
  auto [mean, scale] =
      linear_pair(features, {mean_->weight(), mean_->bias()}, {log_scale_->weight(), log_scale_->bias()});
  return {std::move(mean), soft_bound(scale, config_.min_log_scale, config_.max_log_scale)};
}

Tensor PosteriorHead::below(const Tensor& features) const {
  Tensor all = zeros({features.size(0), latents_, latents_}, features);
  if (!below_ && !constant_below_.defined()) return all;
  const Tensor values =
      below_ ? below_->forward(features) : constant_below_.expand({features.size(0), constant_below_.size(0)});
  const Tensor places =
      at::tril_indices(latents_, latents_, -1, features.options().dtype(at::kLong).requires_grad(false));
  const Tensor flat = places[0] * latents_ + places[1];
  return all.flatten(1).index_copy(1, flat, values).view_as(all);
}

std::unique_ptr<Posterior> PosteriorHead::base(const Tensor& features) const {
  auto [mean, scale] = mean_and_log_scale(features);
  if (config_.posterior == "full_normal") return full_normal(std::move(mean), std::move(scale), below(features));
  if (config_.posterior == "laplace") return laplace(std::move(mean), std::move(scale));
  if (config_.posterior == "uniform") return uniform(mean, scale);
  if (config_.posterior == "von_mises_fisher")
    return von_mises_fisher(mean, std::log(static_cast<double>(latents_)) - 2 * scale.squeeze(1));
  return diagonal_normal(std::move(mean), std::move(scale));
}

std::unique_ptr<Posterior> PosteriorHead::posterior(const Tensor& features) const {
  auto q = base(features);
  return flows_.empty() ? std::move(q) : flow_posterior(std::move(q), flows_, features);
}

}  // namespace elbo
