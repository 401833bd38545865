#include "evaluate/evaluate.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluate/posterior_stddev.hpp"
#include "model/batch_loop.hpp"

namespace elbo {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t latents_at_once = 500;  // data

}  // namespace

PassResult test_pass(Model& model, const BatchSource& source, Part part, int64_t batch_size, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  const Sampling sampling = model.objective->sampling();
  const bool samples = has_posterior(model);
  PassResult result;
  std::vector<double> objectives;
  Tensor kl_sums;
  for_each_batch(source, part, source.size(part), batch_size, rng, [&](const Batch& batch) {
    Rng noise = rng.fork("posterior").for_data(batch.ids);
    Pass pass = forward(model, batch, source.observation_model().scoring(), sampling.samples, noise,
                        samples ? Latent::sample : Latent::mean);
    pass.sampled_kl = sampling.sampled_kl;
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

Latents latents(Model& model, const BatchSource& source, int64_t rows) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  Latents all;
  for_each_batch(source, Part::test, rows, latents_at_once, Rng(0), [&](const Batch& batch) {
    const auto q = model.encoder->encode(batch.input);
    append(q->mean(), all.mean);
    append(posterior_stddev(*q, batch.ids), all.scale);
  });
  model.set_training(true);
  return all;
}

std::vector<double> activity(Model& model, const BatchSource& source, int64_t rows) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  std::vector<float> means;
  for_each_batch(source, Part::test, rows, latents_at_once, Rng(0),
                 [&](const Batch& batch) { append(model.encoder->encode(batch.input)->mean(), means); });
  model.set_training(true);
  std::vector<double> variances;
  for (int64_t j = 0; j < model.latent_dim; ++j) {
    double mean = 0, squares = 0;  // Welford (1962)
    for (int64_t i = 0; i < rows; ++i) {
      const double value = means[i * model.latent_dim + j], before = value - mean;
      mean += before / static_cast<double>(i + 1);
      squares += before * (value - mean);
    }
    variances.push_back(rows ? squares / static_cast<double>(rows) : 0);
  }
  return variances;
}

}  // namespace elbo
