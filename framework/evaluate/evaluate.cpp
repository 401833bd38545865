#include "evaluate/evaluate.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluate/importance.hpp"
#include "experiment/objective_terms.hpp"

namespace elbo {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
// Values of the decoder's output that one chunk of samples may hold: about 64 MiB in float32.
constexpr int64_t chunk_values = 16 << 20;

void append(const Tensor& t, std::vector<double>& to) {
  const Tensor values = t.detach().to(at::kCPU, at::kDouble).contiguous();
  to.insert(to.end(), values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
}

void append(const Tensor& t, std::vector<float>& to) {
  const Tensor values = t.detach().to(at::kCPU, at::kFloat).contiguous();
  to.insert(to.end(), values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
}

template <class F>
void for_each_batch(const Feed& feed, Part part, int64_t count, int64_t batch_size, const Rng& rng, F&& f) {
  for (int64_t first = 0; first < count; first += batch_size)
    f(feed.batch(part, first, std::min(batch_size, count - first), rng));
}

}  // namespace

PassResult test_pass(Model& model, const Feed& feed, Part part, const ObjectiveConfig& objective, int64_t batch_size, const Rng& rng) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  const bool autoencoder = objective.bound == "autoencoder";
  PassResult result;
  std::vector<double> objectives;
  Tensor kl_sums;
  for_each_batch(feed, part, feed.size(part), batch_size, rng, [&](const Batch& batch) {
    Rng noise = rng.fork("posterior").for_data(batch.ids);
    const Forward pass = forward(model, batch, feed.view().scoring, draws(objective), noise, autoencoder ? Latent::mean : Latent::sample);
    const Terms t = terms_of(pass, objective);
    append(tested_bound(pass, t, objective), objectives);
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
  result.elbo = autoencoder ? nan : mean_of(result.elbo_each);
  result.kl = autoencoder ? nan : mean_of(result.kl_each);
  if (kl_sums.defined()) append(kl_sums / static_cast<double>(feed.size(part)), result.kl_per_dim);
  return result;
}

ImportanceResult importance_weighted(Model& model, const Feed& feed, int64_t count, int64_t samples, int64_t batch_size,
                                     const Rng& rng, const std::function<void(double)>& tick) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  const int64_t values = std::max(numel(model.decoder->context().decoder_output), numel(feed.view().observation.shape));
  const int64_t chunk = std::clamp<int64_t>(chunk_values / (values * batch_size), 1, samples);
  ImportanceResult result;
  int64_t done = 0;
  for_each_batch(feed, Part::test, count, batch_size, rng, [&](const Batch& batch) {
    LogMeanWeight weights(samples);
    const Rng noise = rng.fork("posterior").for_data(batch.ids);
    for (int64_t first = 0; first < samples; first += chunk) {
      Rng from_here = noise.from_sample(first);
      weights.add(forward(model, batch, feed.view().scoring, std::min(chunk, samples - first), from_here).log_weight());
      tick((static_cast<double>(done) + static_cast<double>(batch.size()) * static_cast<double>(first) / static_cast<double>(samples)) /
           static_cast<double>(count));
    }
    append(weights.value(), result.log_px);
    append(weights.effective_samples(), result.effective_samples);
    append(weights.bias(), result.bias);
    append(weights.pareto_k(), result.pareto_k);
    append(weights.half_value(), result.half_log_px);
    done += batch.size();
  });
  model.set_training(true);
  return result;
}

Latents latents(Model& model, const Feed& feed, int64_t rows) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  Latents all;
  for_each_batch(feed, Part::test, rows, 500, Rng(0), [&](const Batch& batch) {
    const auto q = model.encoder->encode(batch.input);
    append(q->mean(), all.mean);
    const auto normal = q->diagonal_normal();
    append(normal ? normal->log_scale.exp() : full(q->mean().sizes().vec(), nan, q->mean()), all.scale);
  });
  model.set_training(true);
  return all;
}

std::vector<double> activity(const Latents& latents, int64_t latent_dim) {
  const auto rows = static_cast<int64_t>(latents.mean.size()) / latent_dim;
  std::vector<double> variances;
  for (int64_t j = 0; j < latent_dim; ++j) {
    double mean = 0, squares = 0;  // Welford (1962)
    for (int64_t i = 0; i < rows; ++i) {
      const double value = latents.mean[i * latent_dim + j];
      const double before = value - mean;
      mean += before / static_cast<double>(i + 1);
      squares += before * (value - mean);
    }
    variances.push_back(rows ? squares / static_cast<double>(rows) : 0);
  }
  return variances;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? nan : sum / static_cast<double>(values.size());
}

double standard_error(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const auto n = static_cast<double>(values.size());
  return values.size() < 2 ? nan : std::sqrt(squares / (n - 1) / n);
}

double quantile_of(std::vector<double> values, double share) {
  if (values.empty()) return nan;
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max(rank, 1.0)) - 1;
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace elbo
