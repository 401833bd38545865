#include "model/forward.hpp"

#include <ATen/core/grad_mode.h>
#include <unistd.h>
#include <limits>
#include <numeric>

#include "base/memory.hpp"
#include "metrics/statistics.hpp"
#include "model/weighted_sum.hpp"

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
  pass.log_lik = score(model, batch, scoring, decode(model, pass.z, batch.condition));
  return pass;
}

Tensor posterior_mean(const Model& model, const Posterior& q) {
  Tensor mean = q.mean();
  if (mean.defined()) return mean;
  throw UserError(
      model.encoder->label() +
      ": its posterior has no mean, so that there is no point that stands for a data point's latents; expected "
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

std::string first_non_finite(const Model& model, const Batch& batch, const Pass& pass) {
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
    if (who.second == model.likelihood.get() &&
        bad(model.decoder->decode(with_condition(pass.z, batch.condition).flatten(0, 1))))
      return std::string("the decoder's output is not finite (") + model.decoder->label() + ")";
    return std::string(who.first) + " is " + kind(t) + " (" + who.second->label() + ")";
  }
  return "";
}

PassResult test_pass(Model& model, const BatchSource& source, Part part, int64_t batch_size, const Rng& rng) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  const Sampling sampling = model.objective->sampling();
  const bool samples = has_posterior(model);
  PassResult result;
  std::vector<double> objectives;
  Tensor kl_sums;
  for_each_batch(source, part, source.size(part), batch_size, rng, [&](const Batch& batch) {
    Rng noise = rng.fork("posterior").for_data(batch.ids);
    const Pass pass = forward(model, batch, source.observation_model().scoring(), sampling.samples, noise,
                              samples ? Latent::sample : Latent::mean);
    const Terms t = terms_of(pass);
    append(model.objective->tested(pass), objectives);
    append(t.reconstruction, result.reconstruction_each);
    if (t.elbo.defined()) append(t.elbo, result.elbo_each);
    if (t.kl.defined()) append(t.kl, result.kl_each);
    if (t.kl_per_dim.defined()) {
      const Tensor sums = t.kl_per_dim.to(at::kDouble).sum(0);
      kl_sums = kl_sums.defined() ? kl_sums + sums : sums;
    }
  });
  model.set_training(true);
  result.objective = mean_of(objectives);
  result.reconstruction = mean_of(result.reconstruction_each);
  result.elbo = samples ? mean_of(result.elbo_each) : nan;
  result.kl = samples ? mean_of(result.kl_each) : nan;
  if (kl_sums.defined()) append(kl_sums / static_cast<double>(source.size(part)), result.kl_per_dim);
  return result;
}

namespace {

double mean_value(const Tensor& t) { return sum_of(t) / static_cast<double>(t.numel()); }

}  // namespace

Terms terms_of(const Pass& pass) {
  Terms t;
  t.reconstruction = pass.reconstruction_each();
  if (!pass.log_q.defined()) return t;
  const Tensor difference = pass.log_q - pass.log_prior;
  t.kl_sampled = difference.size(0) == 1 ? difference.squeeze(0) : difference.mean(0);
  t.kl = pass.has_closed_kl() ? pass.kl_each() : t.kl_sampled;
  if (pass.kl_per_dim) t.kl_per_dim = *pass.kl_per_dim;
  t.elbo = t.reconstruction - t.kl;
  return t;
}

Means means_of(const Pass& pass) {
  Means m{.reconstruction = mean_value(pass.log_lik)};
  if (!pass.log_q.defined()) return m;
  m.kl = m.kl_sampled = mean_value(pass.log_q) - mean_value(pass.log_prior);
  if (pass.kl_per_dim) m.kl_per_dim = column_sums(*pass.kl_per_dim);
  if (pass.has_closed_kl())
    m.kl =
        std::accumulate(m.kl_per_dim.begin(), m.kl_per_dim.end(), 0.0) / static_cast<double>(pass.kl_per_dim->size(0));
  m.elbo = m.reconstruction - *m.kl;
  return m;
}

namespace {

constexpr double bytes_of_value =
    64;  // of the decoder's output: parameters, their masses in float64, and what is made on the way

/// Values of the decoder's output at once: they may take a quarter of a core's share of the memory. Larger chunks than
/// the upper bound are no faster.
int64_t chunk_values() {
  const double share = process_memory() / static_cast<double>(std::max(1L, sysconf(_SC_NPROCESSORS_CONF))) / 4;
  return std::clamp(static_cast<int64_t>(share / bytes_of_value), int64_t{1} << 18, int64_t{16} << 20);
}

template <class T>
void append_as(const Tensor& t, at::ScalarType type, std::vector<T>& to) {
  const Tensor values = t.detach().to(at::kCPU, type).contiguous();
  to.insert(to.end(), values.data_ptr<T>(), values.data_ptr<T>() + values.numel());
}

}  // namespace

void append(const Tensor& t, std::vector<double>& to) { append_as(t, at::kDouble, to); }
void append(const Tensor& t, std::vector<float>& to) { append_as(t, at::kFloat, to); }

int64_t samples_at_once(const Model& model, const BatchSource& source, int64_t batch_size) {
  const int64_t values =
      std::max(numel(model.decoder->context().decoder_output), numel(source.observation_model().observation.shape));
  return std::max<int64_t>(1, chunk_values() / (values * batch_size));
}

Tensor prior_draws(const Model& model, const Batch& batch, int64_t samples, const Rng& rng) {
  const Tensor ids = batch.ids.to(at::kCPU);
  std::vector<Tensor> draws;
  for (int64_t b = 0; b < batch.size(); ++b) {
    Rng own = rng.fork("datum", static_cast<uint64_t>(ids.data_ptr<int64_t>()[b])).like(batch.input);
    draws.push_back(model.prior->sample(samples, own).to(batch.input.scalar_type()));
  }
  return elbo::stack(draws, 1);
}

}  // namespace elbo::host
