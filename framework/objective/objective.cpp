#include "objective/objective.hpp"

#include <algorithm>
#include <cmath>

namespace elbo {

Forward forward(const Model& model, const Batch& batch, data::Scoring scoring, int64_t samples, Rng& rng, bool from_mean) {
  Forward pass;
  pass.posterior = model.encoder->encode(batch.input);
  if (from_mean) {
    pass.z = pass.posterior->mean().unsqueeze(0);
  } else {
    Draw draw = pass.posterior->draw(samples, rng);
    pass.z = draw.z;
    pass.log_q = draw.log_prob;
    pass.log_prior = model.prior->log_prob(pass.z);
    pass.kl_per_dim = model.prior->kl(*pass.posterior);
  }
  pass.reconstruction = score(model, batch, scoring, decode(model, pass.z));
  return pass;
}

Terms terms_of(const Forward& pass, const ObjectiveConfig& config, double beta) {
  Terms t;
  t.reconstruction = pass.reconstruction.mean(0);
  if (config.bound == "autoencoder" || !pass.log_q.defined()) {
    t.objective = t.reconstruction;
    return t;
  }
  const Tensor sampled_kl = (pass.log_q - pass.log_prior).mean(0);
  const bool closed_form = pass.kl_per_dim.has_value() && config.kl == "analytic";
  t.kl = closed_form ? pass.kl_per_dim->sum(1) : sampled_kl;
  if (pass.kl_per_dim) t.kl_per_dim = *pass.kl_per_dim;
  t.elbo = t.reconstruction - t.kl;
  if (config.bound == "iwae") {
    const Tensor log_w = pass.reconstruction + beta * (pass.log_prior - pass.log_q);
    t.objective = log_w.logsumexp(0) - std::log(static_cast<double>(log_w.size(0)));
  } else {
    t.objective = t.reconstruction - beta * t.kl;
  }
  return t;
}

double beta_at(const ObjectiveConfig& config, double epoch) {
  if (config.warmup_epochs <= 0) return config.beta;
  return config.beta * std::min(1.0, epoch / static_cast<double>(config.warmup_epochs));
}

std::string first_non_finite(const Model& model, const Forward& pass) {
  const auto bad = [](const Tensor& t) { return t.defined() && !t.isfinite().all().item<bool>(); };
  const auto kind = [](const Tensor& t) { return t.isnan().any().item<bool>() ? "nan" : "infinite"; };
  const std::pair<Tensor, std::pair<const char*, const Component*>> order[] = {
      {pass.posterior->mean(), {"the mean of q(z|x)", model.encoder.get()}},
      {pass.log_q, {"log q(z|x)", model.encoder.get()}},
      {pass.z, {"z", model.encoder.get()}},
      {pass.log_prior, {"log p(z)", model.prior.get()}},
      {pass.kl_per_dim.value_or(Tensor()), {"the KL term", model.prior.get()}},
      {pass.reconstruction, {"log p(x|z)", model.likelihood.get()}},
  };
  for (const auto& [t, who] : order) {
    if (!bad(t)) continue;
    // A likelihood given nan parameters is not to blame for them.
    if (who.second == model.likelihood.get() && bad(model.decoder->decode(pass.z.flatten(0, 1))))
      return std::string("the decoder's output is not finite (") + model.decoder->label() + ")";
    return std::string(who.first) + " is " + kind(t) + " (" + who.second->label() + ")";
  }
  return "every term is finite, but not their sum";
}

}  // namespace elbo
