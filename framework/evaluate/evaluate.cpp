#include "evaluate/evaluate.hpp"

#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <cmath>
#include <limits>

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

namespace {

constexpr int64_t spread_draws = 100;

/// E[z z'] - E[z] E[z]' = A/k (I - m m') + A' m m', with A the mean of the cosine and A' = 1 - A^2 - (L - 1) A/k
/// its slope.
Tensor of_von_mises_fisher(const VonMisesFisherParams& p) {
  const auto tangents = static_cast<double>(p.direction.size(1) - 1);
  const Tensor across = (1 - p.mean_gap) / p.concentration;
  const Tensor along = (p.mean_gap * (2 - p.mean_gap) - tangents * across).clamp_min(0),
               share = p.direction.to(at::kDouble).square();
  return ((1 - share) * across.unsqueeze(1) + share * along.unsqueeze(1)).sqrt().to(p.direction.scalar_type());
}

}  // namespace

Tensor posterior_stddev(const Posterior& q, const Tensor& ids) {
  if (const auto p = q.diagonal_normal()) return p->log_scale.exp();
  if (const auto p = q.full_normal()) return p->scale.square().sum(2).sqrt();
  if (const auto p = q.laplace()) return p->log_scale.exp() * std::sqrt(2);
  if (const auto p = q.uniform()) return p->log_width.exp() / std::sqrt(12);
  if (const auto p = q.von_mises_fisher()) return of_von_mises_fisher(*p);
  const Tensor mean = q.mean();
  Rng rng = Rng(0).like(mean.defined() ? mean : ids.toType(at::kFloat)).fork("spread").for_data(ids);
  return q.draw(spread_draws, rng).z.std(0);
}

}  // namespace elbo::host
