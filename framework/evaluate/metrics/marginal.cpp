// The marginal-likelihood estimator of Kingma & Welling (2014), appendix D.
#include "metrics/evaluation.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::evaluations::marginal {

constexpr Metric log_px = metrics::log_px.as("log p(x), high in expectation");

const Evaluation description{
    .name = "marginal",
    .long_name = "marginal likelihood by HMC and a fitted density (Kingma & Welling 2014, appendix D)",
    .documentation =
        "log p(x) of models with few latent dimensions: HMC samples, a normal distribution fitted to "
        "them, a reciprocal estimate",
    .source = "Kingma and Welling 2014, appendix D",
    .is_usual = false,
    .uses_images = false,
    .values = {log_px}};

}  // namespace elbo::host::evaluations::marginal

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include "evaluate/metrics/marginal.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_solve_triangular.h>

#include <cmath>
#include <numbers>

#include "evaluate/measure.hpp"
#include "model/forward.hpp"

namespace elbo::host {
namespace {

constexpr double gain = 0.5;  // of the step size during burn-in

Tensor started(const Model& model, const Batch& batch, const MarginalSettings& s, const Rng& rng) {
  if (s.from_prior) return prior_draws(model, batch, s.samples, rng.fork("start"));
  Rng noise = rng.fork("start").for_data(batch.ids);
  return model.encoder->encode(batch.input)->draw(s.samples, noise).z;
}

}  // namespace

Tensor reciprocal_estimate(const Tensor& log_q, const Tensor& log_joint) {
  const Tensor log_ratio = log_q.to(at::kDouble) - log_joint.to(at::kDouble);
  return std::log(static_cast<double>(log_ratio.size(0))) - log_ratio.logsumexp(0);
}

Tensor fitted_normal_log_prob(const Tensor& draws, const Tensor& z) {
  const Tensor points = draws.to(at::kDouble).transpose(0, 1);  // [B, L, J]
  const auto count = static_cast<double>(points.size(1)), dim = static_cast<double>(points.size(2));
  const Tensor mean = points.mean(1, true);
  const Tensor centred = points - mean;
  Tensor covariance = centred.transpose(1, 2).matmul(centred) / (count - 1);
  covariance.diagonal(0, 1, 2).add_(1e-12);
  const Tensor root = at::linalg_cholesky(covariance);                             // [B, J, J]
  const Tensor rest = (z.to(at::kDouble).transpose(0, 1) - mean).transpose(1, 2);  // [B, J, S]
  const Tensor u = at::linalg_solve_triangular(root, rest, false);
  const Tensor log_det = root.diagonal(0, 1, 2).log().sum(1, true);
  return (-0.5 * u.square().sum(1) - log_det - 0.5 * dim * std::log(2 * std::numbers::pi)).transpose(0, 1);
}

std::vector<double> marginal_log_likelihood(Model& model, const BatchSource& source, Part part, int64_t count,
                                            const MarginalSettings& s, const Rng& rng,
                                            const std::function<void(double)>& tick) {
  if (s.samples < 3 * model.latent_dim + 2)
    throw UserError("appendix D: " + std::to_string(s.samples) + " samples to fit a normal distribution in " +
                    std::to_string(model.latent_dim) + " latent dimensions; expected at least " +
                    std::to_string(3 * model.latent_dim + 2) +
                    ", and it is meant for fewer than 5 dimensions; use ais or bounds");
  const at::NoGradGuard no_gradients;
  const HeldParameters held(model);
  model.set_training(false);
  const int64_t batch_size = std::max<int64_t>(1, samples_at_once(model, source, s.samples) / 4);
  std::vector<double> estimates;
  for_each_batch(source, part, count, batch_size, rng, [&](const Batch& batch) {
    const LogDensity log_joint = [&](const Tensor& z) {
      tick(static_cast<double>(estimates.size()) / static_cast<double>(count));
      return log_joint_at(model, batch, source.observation_model().scoring(), z);
    };
    Tensor z = started(model, batch, s, rng);
    must_fill_space(z);
    Tensor step = elbo::full({batch.size()}, 0.1, z).to(at::kDouble);
    uint64_t moves = 0;
    const auto move = [&](bool adapting) {
      const Move next = hmc_move(log_joint, z, step, s.leapfrog_steps, rng.fork("move", moves++).for_data(batch.ids));
      z = next.z;
      if (adapting) step = adapted(step, next, s.acceptance, gain);
    };
    for (int64_t i = 0; i < s.burn_in; ++i) move(true);
    for (int64_t i = 0; i < s.burn_in / 2; ++i) move(false);
    const Tensor fitted_to = z;
    for (int64_t i = 0; i < s.burn_in / 2; ++i) move(false);
    append(reciprocal_estimate(fitted_normal_log_prob(fitted_to, z), log_joint(z)), estimates);
  });
  model.set_training(true);
  return estimates;
}

}  // namespace elbo::host

namespace elbo::host::evaluations::marginal {

log::EvaluationGroup measure(const Measuring& m) {
  const EvaluateConfig& e = m.run.evaluate;
  const int64_t images = std::min(e.marginal_images, m.test_rows());
  const MarginalSettings settings{.samples = e.marginal_samples,
                                  .burn_in = e.marginal_burn_in,
                                  .leapfrog_steps = e.leapfrog_steps,
                                  .from_prior = e.ais_start == "prior"};
  const auto each = marginal_log_likelihood(m.model, m.scored, Part::test, images, settings, m.rng, m.tick);
  log::EvaluationGroup g = m.group_of_each_datum(description, {"appendix D", settings.samples, images}, "upper");
  add_mean(g, log_px, each);
  add_each(g, log_px, each);
  return g;
}

}  // namespace elbo::host::evaluations::marginal

#endif  // ELBO_MEASURES
