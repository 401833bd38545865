#include "model/forward.hpp"

#include <ATen/core/grad_mode.h>

namespace elbo::host {
namespace {

/// log q(z|x) [S, B] as a function of z alone.
Tensor log_q_of_path(const Model& model, const Batch& batch, const Posterior& posterior, const Tensor& z) {
  if (posterior.uniform())
    throw Error(model.encoder->label() +
                ": the box of a uniform posterior moves with its parameters, so that the mean of its score is "
                "not 0; this gradient of the objective expected a posterior of fixed support; use objective.gradient = "
                "\"total\" or another posterior");
  if (const auto normal = posterior.diagonal_normal())
    return *posteriors::diagonal_normal(normal->mean.detach(), normal->log_scale.detach())->log_prob(z);
  std::unique_ptr<Posterior> fixed;
  {
    const at::NoGradGuard no_gradients;
    fixed = model.encoder->encode(batch.input);
  }
  const auto log_q = fixed->log_prob(z);
  const auto held = log_q ? fixed->log_prob(z.detach()) : std::nullopt;
  if (log_q && !held->requires_grad()) return *log_q;
  throw Error(model.encoder->label() +
              ": log q(z|x) cannot be taken at a given z with its parameters held fixed; this gradient of the "
              "objective expected a posterior that can; use objective.gradient = \"total\"");
}

/// log q(z|x) [S, B] as a function of the posterior's parameters alone.
Tensor log_q_of_score(const Model& model, const Posterior& posterior, const Tensor& z) {
  if (const auto log_q = posterior.log_prob(z)) return *log_q;
  throw Error(
      model.encoder->label() +
      ": log q(z|x) cannot be taken at a given z, which this objective needs; expected a posterior that can; choose "
      "another posterior or objective");
}

}  // namespace

Pass forward(const Model& model, const Batch& batch, observation::Scoring scoring, int64_t samples, Rng& rng,
             Latent latent) {
  Pass pass;
  pass.posterior = model.encoder->encode(batch.input);
  if (latent == Latent::mean) {
    pass.z = posterior_mean(model, *pass.posterior).unsqueeze(0);
  } else {
    Sample draw = pass.posterior->draw(samples, rng);
    pass.z = latent == Latent::score ? draw.z.detach() : draw.z;
    pass.log_q = latent == Latent::path    ? log_q_of_path(model, batch, *pass.posterior, pass.z)
                 : latent == Latent::score ? log_q_of_score(model, *pass.posterior, pass.z)
                                           : draw.log_prob;
    pass.log_prior = model.prior->log_prob(pass.z);
    pass.kl_per_dim = model.prior->kl(*pass.posterior);
  }
  pass.log_lik = score(model, batch, scoring, decode(model, pass.z));
  return pass;
}

Tensor posterior_mean(const Model& model, const Posterior& q) {
  Tensor mean = q.mean();
  if (mean.defined()) return mean;
  throw UserError(model.encoder->label() +
                  ": its posterior has no mean, so that there is no point that stands for a datum's latents; expected "
                  "Posterior::mean() to be overridden; do without what needs it");
}

bool has_posterior_mean(const Model& model, const BatchSource& source) {
  const at::NoGradGuard no_gradients;
  const bool training = model.encoder->training();
  model.encoder->set_training(false);
  const bool has = model.encoder->encode(source.batch(Part::test, 0, 1, Rng(0)).input)->mean().defined();
  model.encoder->set_training(training);
  return has;
}

std::string first_non_finite(const Model& model, const Pass& pass) {
  const auto bad = [](const Tensor& t) { return t.defined() && !t.isfinite().all().item<bool>(); };
  const auto kind = [](const Tensor& t) { return t.isnan().any().item<bool>() ? "nan" : "infinite"; };
  const std::pair<Tensor, std::pair<const char*, const Component*>> order[] = {
      {pass.posterior->mean(), {"the mean of q(z|x)", model.encoder.get()}},
      {pass.log_q, {"log q(z|x)", model.encoder.get()}},
      {pass.z, {"z", model.encoder.get()}},
      {pass.log_prior, {"log p(z)", model.prior.get()}},
      {pass.kl_per_dim.value_or(Tensor()), {"the KL term", model.prior.get()}},
      {pass.log_lik, {"log p(x|z)", model.likelihood.get()}},
  };
  for (const auto& [t, who] : order) {
    if (!bad(t)) continue;
    // A likelihood given nan parameters is not to blame for them.
    if (who.second == model.likelihood.get() && bad(model.decoder->decode(pass.z.flatten(0, 1))))
      return std::string("the decoder's output is not finite (") + model.decoder->label() + ")";
    return std::string(who.first) + " is " + kind(t) + " (" + who.second->label() + ")";
  }
  return "";
}

}  // namespace elbo::host
