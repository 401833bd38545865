#include <ATen/ops/tril_indices.h>
#include <algorithm>
#include <cmath>

#include <elbo/coders.hpp>
#include <elbo/posterior.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

/// Where a distribution lies that no flow may move and that only one prior matches; empty for distributions of the whole space.
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
        "posterior = \"von_mises_fisher\" is a distribution of directions, and one latent dimension has none; expected "
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

void PosteriorConfig::describe(Options<PosteriorConfig>& o, Scale scale) {
  o.add("posterior", &PosteriorConfig::posterior,
        "family of q(z|x): diagonal_normal; full_normal, which has every covariance for L^2/2 more "
        "outputs; laplace, with heavier tails; uniform, on a box within [-1, 1], for the uniform prior; "
        "von_mises_fisher, "
        "on the unit sphere, for the prior hyperspherical_uniform")
      .one_of({"diagonal_normal", "full_normal", "laplace", "uniform", "von_mises_fisher"});
  if (scale == Scale::of_features) {
    o.add("min_log_scale", &PosteriorConfig::min_log_scale,
          "soft lower bound of the log of q's scale: it nears the bound smoothly and never passes it; of "
          "von_mises_fisher the scale is that of an angle to the prior's, (L / concentration)^1/2")
        .range(-30, 0)
        .not_with("objective.plugin", {"autoencoder"});
    o.add("max_log_scale", &PosteriorConfig::max_log_scale, "soft upper bound of the log of q's scale")
        .range(0.1, 10)
        .not_with("objective.plugin", {"autoencoder"});
    o.add("initial_log_scale", &PosteriorConfig::initial_log_scale,
          "log of q's scale before training, the same for all data: where draws are as narrow as "
          "this, each says from the "
          "first step which data point it is of, and the decoder learns to read it; at 0 it may learn to "
          "ignore it for good")
        .range(-30, 10)
        .above("min_log_scale")
        .below("max_log_scale")
        .not_with("objective.plugin", {"autoencoder"});
  }
  o.add("flow", &PosteriorConfig::flow,
        "invertible map of the draws, which lets q bend: planar (cheap, one direction a step); "
        "householder (rotates, so q has covariances); iaf (strong, cheap to draw from, L passes to score "
        "a given z); realnvp (strong, cheap both ways). No KL in closed form is left")
      .one_of({"none", "planar", "householder", "iaf", "realnvp"});
  o.add("flow_steps", &PosteriorConfig::flow_steps, "maps one after the other").range(1, 64).not_with("flow", {"none"});
  o.add("flow_hidden", &PosteriorConfig::flow_hidden, "units of each hidden layer inside a map")
      .range(1, 1e4)
      .only_with("flow", {"iaf", "realnvp"});
}

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
  return {mean_->forward(features),
          soft_bound(log_scale_->forward(features), config_.min_log_scale, config_.max_log_scale)};
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
  if (config_.posterior == "full_normal")
    return posteriors::full_normal(std::move(mean), std::move(scale), below(features));
  if (config_.posterior == "laplace") return posteriors::laplace(std::move(mean), std::move(scale));
  if (config_.posterior == "uniform") return posteriors::uniform(mean, scale);
  if (config_.posterior == "von_mises_fisher")
    return posteriors::von_mises_fisher(mean, std::log(static_cast<double>(latents_)) - 2 * scale.squeeze(1));
  return posteriors::diagonal_normal(std::move(mean), std::move(scale));
}

std::unique_ptr<Posterior> PosteriorHead::posterior(const Tensor& features) const {
  auto q = base(features);
  return flows_.empty() ? std::move(q) : flow_posterior(std::move(q), flows_, features);
}

ConditionalNormal::ConditionalNormal(int64_t in, const nn::MlpConfig& body, int64_t out, double initial_log_scale,
                                     Rng rng)
    : body_(part("body", std::make_shared<nn::Mlp>(in, body, rng.fork("body")))),
      mean_(
          part("mean", std::make_shared<nn::Linear>(body_->out(), out, rng.fork("mean"), nn::output_init(body.init)))),
      log_scale_(part("log_scale", std::make_shared<nn::Linear>(body_->out(), out, rng.fork("log_scale")))) {
  log_scale_->weight().detach().zero_();
  log_scale_->bias().detach().fill_(initial_log_scale);
}
ConditionalNormal::~ConditionalNormal() = default;

DiagonalNormalParams ConditionalNormal::of(const Tensor& given) const {
  const Tensor h = body_->forward(given);
  return {mean_->forward(h), soft_bound(log_scale_->forward(h), -7, 3)};
}

Tensor normal_log_prob(const DiagonalNormalParams& p, const Tensor& z) {
  return -(0.5 * ((z - p.mean) * (-p.log_scale).exp()).square() + p.log_scale + half_log_2pi).sum(-1);
}

HeldFixed::HeldFixed(const std::vector<const Module*>& modules, bool on) {
  if (!on) return;
  for (const Module* module : modules)
    for (const auto& [name, t] : module->named_parameters())
      if (t.requires_grad()) held_.push_back(t);
  for (Tensor& t : held_) t.requires_grad_(false);
}

HeldFixed::~HeldFixed() {
  for (Tensor& t : held_) t.requires_grad_(true);
}

}  // namespace elbo
