#include "evaluate/evaluate.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluate/posterior_stddev.hpp"
#include "model/batch_loop.hpp"
#include "model/forward.hpp"

namespace elbo::host {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t latents_at_once = 500;  // data

}  // namespace

Latents latents(Model& model, const BatchSource& source, int64_t rows) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  Latents all;
  for_each_batch(source, Part::test, rows, latents_at_once, Rng(0), [&](const Batch& batch) {
    const auto q = model.encoder->encode(batch.input);
    append(posterior_mean(model, *q), all.mean);
    append(posterior_stddev(*q, batch.ids), all.scale);
  });
  model.set_training(true);
  return all;
}

std::vector<double> activity(Model& model, const BatchSource& source, int64_t rows) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  std::vector<float> means;
  for_each_batch(source, Part::test, rows, latents_at_once, Rng(0), [&](const Batch& batch) {
    append(posterior_mean(model, *model.encoder->encode(batch.input)), means);
  });
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

}  // namespace elbo::host
