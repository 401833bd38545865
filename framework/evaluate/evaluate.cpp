#include "evaluate/evaluate.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluate/spread.hpp"
#include "model/batch_loop.hpp"

namespace elbo {
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
    append(q->mean(), all.mean);
    append(standard_deviation(*q, batch.ids), all.scale);
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
