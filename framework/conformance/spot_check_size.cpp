#include "conformance/spot_check.hpp"

#include <elbo/model.hpp>
#include <elbo/posterior.hpp>

#include <cmath>

#include "conformance/prior/prior.hpp"
#include "conformance/statistics.hpp"
#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t samples = 20000;
constexpr int64_t most_dimensions = 512;     // of which 20,000 samples give a covariance
constexpr int64_t most_values_covered = 64;  // of x
constexpr double margin = 1.001;             // of a mean weight: rounding in float32

/// "e^2.1" or "1.32"
std::string factor_in_words(double factor) {
  return factor > 20 ? fmt::format("e^{:.3g}", std::log(factor)) : fmt::format("{:.3g}", factor);
}

/// Weights whose mean is at most 1 for a density. A heavy tail only makes the mean of some of them smaller, or its error larger.
void expect_at_most_one(const Tensor& weights, const std::string& what) {
  const double mean = number(weights.mean());
  if (std::isnan(mean)) fail("{} nan", what);
  if (mean > margin && z_of_mean(weights, 1) > largest_z) fail("{} {}; expected 1", what, factor_in_words(mean));
}

std::string of_size(const Shape& x) { return "for x of shape " + to_string(x); }

/// By weights p / r of samples from a wider normal distribution r, and h / p of samples of its own for narrower ones h.
void check_row(const Likelihood& likelihood, const Shape& x, const Tensor& raw) {
  const Theta theta = theta_of(likelihood, raw.expand({1, samples, -1}));
  const auto log_p = [&](const Tensor& rows) {
    return likelihood.log_prob(rows.view(Shape{samples} + x), theta)[0].detach();
  };
  Rng rng = double_rng(4), other = double_rng(5);
  const Tensor fitted = likelihood.sample(theta, rng)[0].detach().flatten(1),
               drawn = likelihood.sample(theta, other)[0].detach().flatten(1);
  const Cover wide(fitted, wider_in(numel(x)));
  const Tensor proposed = wide.draws(samples);
  expect_at_most_one((log_p(proposed) - wide.log_prob(proposed)).exp(), of_size(x) + " its density integrates to");
  for (const double width : {narrower_in(numel(x)), 0.5})
    expect_at_most_one((Cover(fitted, width).log_prob(drawn) - log_p(drawn)).exp(),
                       of_size(x) + " its samples do not follow its density: near their mean, as a factor, there are");
}

}  // namespace

void check_likelihood_at(const RunSize& size, const LikelihoodSubject& subject) {
  std::string dependent;
  try {
    return check_sum_of(subject, size.x);
  } catch (const Skip& skipped) {
    dependent = skipped.sentence;
  }
  if (subject.support == Support::real && numel(size.x) <= most_values_covered) {
    const auto likelihood = subject.make(size.x);
    const Tensor varied = varied_raw(*likelihood, 1, 1, 1);
    for (const Tensor& raw : {at::zeros_like(varied), varied}) check_row(*likelihood, size.x, raw);
    return;
  }
  skip("{} its mass cannot be told: {}", of_size(size.x), dependent);
}

void check_prior_at(const RunSize& size, const PluginChoice& choice) {
  if (size.latent_dim > most_dimensions) skip("for more than {} latents its mass is not checked", most_dimensions);
  const auto prior = moved_prior(choice, size.latent_dim);
  if (prior->is_on_sphere()) return;
  const Cover wide(draws(*prior, samples, 2), wider_in(size.latent_dim));
  const Tensor z = wide.draws(samples);
  expect_at_most_one((log_prob(*prior, z) - wide.log_prob(z)).exp(),
                     fmt::format("for L = {} its density integrates to", size.latent_dim));
  check_closed_form_kl(choice, size.latent_dim);
}

/// As it is used: in float32, with data of this shape. The mean over samples of h(z) / q(z) is at most 1 for every density h, if they follow q.
void check_encoder_at(const RunSize& size, const PluginChoice& choice) {
  if (size.latent_dim > most_dimensions) skip("for more than {} latents its samples are not checked", most_dimensions);
  Context context;
  context.observation = {size.x, Support::real, 0};
  context.latent_dim = size.latent_dim;
  context.rng = Rng(1);
  const auto encoder = plugins::make_plugin<Encoder>(choice, context);
  encoder->set_training(false);
  perturb(*encoder, 0.1, 1);
  const auto q = encoder->encode(Rng(1).uniform(Shape{1, 1} + size.x)[0]);
  Rng rng(3);
  const Sample draw = q->draw(samples, rng);
  // Half of the samples choose h, the others are weighed: h would follow the latter too closely, had it been fitted to them.
  const Tensor all = draw.z.select(1, 0).to(at::kDouble), fitted = all.slice(0, 0, samples / 2);
  const Tensor z = all.slice(0, samples / 2);
  const Tensor log_q = draw.log_prob.select(1, 0).to(at::kDouble).slice(0, samples / 2);
  const auto directions = q->von_mises_fisher();
  const Tensor log_h = directions ? posteriors::von_mises_fisher(q->mean().to(at::kDouble),
                                                                 (2 * directions->concentration.to(at::kDouble)).log())
                                        ->log_prob(z.unsqueeze(1))
                                        ->squeeze(1)
                                  : Cover(fitted, narrower_in(size.latent_dim)).log_prob(z);
  expect_at_most_one(
      (log_h - log_q).exp(),
      fmt::format(
          "for L = {} its samples do not follow the density that it declares: near their mean, as a factor, there are",
          size.latent_dim));
}

void check_closed_form_kl(const PluginChoice& choice, int64_t latent_dim) {
  const auto prior = moved_prior(choice, latent_dim);
  const Tensor at_places = at::linspace(-0.5, 0.5, latent_dim, at::kDouble).view({1, latent_dim});
  const auto q = posteriors::diagonal_normal(at_places, at_places * 0.7 - 0.15);
  const auto kl = closed_form(*prior, *q);
  if (!kl) return;
  Rng rng = double_rng(12);
  const Sample draw = q->draw(samples, rng);
  const Tensor log_ratio = (draw.log_prob - prior->log_prob(draw.z)).detach().flatten();
  const double said = number(kl->detach().sum());
  if (!(std::abs(z_of_mean(log_ratio, said)) < largest_z))
    fail("for L = {} its KL in closed form is {:.6g} where the mean of log q - log p over samples is {:.6g}",
         latent_dim, said, number(log_ratio.mean()));
}

}  // namespace elbo::host::conformance
