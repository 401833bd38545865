#include "conformance/prior.hpp"

#include <elbo/posterior.hpp>

#include <cmath>

#include "model/load_plugin.hpp"

namespace elbo::conformance {
namespace {

const Shape x_shape = {1, 4, 4};

/// A normal posterior whose mean and scale are functions of x, for priors that are made of posteriors.
std::unique_ptr<Posterior> encoded(const Tensor& x, int64_t latent_dim) {
  const Tensor weight = double_rng(31).normal({1, numel(x_shape), 2 * latent_dim})[0].to(x.scalar_type()) * 0.5;
  const auto raw = x.flatten(1).matmul(weight).chunk(2, 1);
  return diagonal_normal(raw[0], raw[1].tanh() - 0.5);
}

}  // namespace

std::shared_ptr<Prior> make_prior(const PluginChoice& choice, int64_t latent_dim, at::ScalarType dtype, uint64_t seed) {
  Context context;
  context.observation = {x_shape, Support::real, 0};
  context.latent_dim = latent_dim;
  context.rng = Rng(seed);
  context.encode = [latent_dim](const Tensor& x) { return encoded(x, latent_dim); };
  auto prior = plugins::make_plugin<Prior>(choice, context);
  prior->to_like(at::empty({}, dtype));
  prior->init_from(double_rng(32 + seed).uniform(Shape{1, 5} + x_shape)[0].to(dtype));
  prior->set_training(false);
  return prior;
}

std::shared_ptr<Prior> moved_prior(const PluginChoice& choice, int64_t latent_dim) {
  auto prior = make_prior(choice, latent_dim);
  Rng rng = double_rng(3);
  for (const auto& [name, t] : prior->named_parameters()) {
    // A layer of many units is moved as far as one of few: its weights less each.
    const double by = 0.3 / std::sqrt(t.dim() == 2 ? static_cast<double>(t.size(1)) : 1);
    t.detach().add_((rng.normal({1, 1, t.numel()}) * by).view_as(t));
  }
  return prior;
}

Tensor some_latents(const Prior& prior, const Shape& shape) {
  const Tensor z = double_rng(1).normal(shape);
  return prior.is_on_sphere() ? onto_sphere(z) : z;
}

Tensor draws(const Prior& prior, int64_t count, uint64_t seed) {
  Rng rng = double_rng(seed);
  return prior.sample(count, rng).detach();
}

Tensor log_prob(const Prior& prior, const Tensor& z) { return prior.log_prob(z.unsqueeze(0)).detach()[0]; }

std::optional<Tensor> closed_form(const Prior& prior, const Posterior& q) {
  try {
    return prior.kl(q);
  } catch (const UserError&) {
    return {};
  }
}

}  // namespace elbo::conformance
