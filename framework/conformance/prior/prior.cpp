#include <cmath>

#include <elbo/posterior.hpp>

#include "conformance/check.hpp"
#include "conformance/network/network.hpp"
#include "conformance/prior/prior.hpp"
#include "conformance/statistics.hpp"
#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
namespace {

const Shape x_shape = {1, 4, 4};

/// A normal posterior whose mean and scale are functions of x, for priors that are made of posteriors.
std::unique_ptr<Posterior> encoded(const Tensor& x, int64_t latent_dim) {
  const Tensor weight = double_rng(31).normal({1, numel(x_shape), 2 * latent_dim})[0].to(x.scalar_type()) * 0.5;
  const auto raw = x.flatten(1).matmul(weight).chunk(2, 1);
  return posteriors::diagonal_normal(raw[0], raw[1].tanh() - 0.5);
}

// The properties of priors.

void check_prior_shapes(const PluginChoice& choice) {
  for (const int64_t latent_dim : {1, 2, 5})
    for (const int64_t samples : {1, 3})
      for (const int64_t batch : {1, 5}) {
        const auto prior = make_prior(choice, latent_dim);
        Rng rng = double_rng(1);
        const Tensor z = some_latents(*prior, {samples, batch, latent_dim});
        prior->log_prob(z);  // throws on a wrong shape
        prior->sample(batch, rng);
        closed_form(*prior, *posteriors::diagonal_normal(z[0], z[0]));
      }
}

/// Samples with wide normal noise, whose density is known: it covers the prior wherever the prior has mass.
struct Proposal {
  Tensor z, log_prob;  // [n, L], [n]
};

Tensor log_kernel_mixture(const Tensor& z, const Tensor& centres, const Tensor& width) {
  const Tensor u = ((z.unsqueeze(1) - centres) / width).square().sum(2) / -2;
  const double constant = std::log(2 * M_PI) / 2 * static_cast<double>(z.size(1));
  return u.logsumexp(1) - std::log(static_cast<double>(centres.size(0))) - width.log().sum() - constant;
}

Proposal propose(const Tensor& centres, const Tensor& width) {
  Rng rng = double_rng(8);
  const Tensor index = at::arange(prior_draws).remainder(centres.size(0));
  const Tensor z = centres.index_select(0, index) + rng.normal({1, prior_draws, centres.size(1)})[0] * width;
  return {z, log_kernel_mixture(z, centres, width)};
}

bool is_on_sphere(const PluginChoice& choice) { return make_prior(choice, 2)->is_on_sphere(); }

void check_prior_normalisation(const PluginChoice& choice) {
  if (is_on_sphere(choice)) skip("it has a density of the sphere's surface: see quadrature");
  for (const int64_t latent_dim : {1, 2}) {
    const auto prior = moved_prior(choice, latent_dim);
    const Tensor centres = draws(*prior, 64, 2);
    const Proposal proposal = propose(centres, centres.std(0) * 1.5);
    const Tensor weight = (log_prob(*prior, proposal.z) - proposal.log_prob).exp();
    const double z = z_of_mean(weight, 1), mean = number(weight.mean());
    if (!(std::abs(z) < largest_z))
      fail("for L = {} the density integrates to {:.5g}, {:.1f} standard errors from 1", latent_dim, mean, std::abs(z));
  }
}

/// The mean over samples of h(z) / p(z) is the mass of a density h where p is not 0: all of it, for most priors.
void check_prior_draws(const PluginChoice& choice) {
  if (is_on_sphere(choice)) return check_sphere_draws(choice);
  for (const int64_t latent_dim : {1, 2}) {
    const auto prior = moved_prior(choice, latent_dim);
    const Tensor centres = draws(*prior, 16, 2), z = draws(*prior, prior_draws, 3), log_p = log_prob(*prior, z);
    if (const auto i = first_true(log_p.isfinite().logical_not()))
      fail("its own sample {} has log_prob {}", in_words(z[*i]), in_words(log_p[*i]));
    for (int64_t i = 0; i < 4; ++i) {
      const Tensor about = centres.slice(0, 4 * i, 4 * i + 4), width = z.std(0) * 0.3;
      const Tensor weight = (log_kernel_mixture(z, about, width) - log_p).exp();
      const Tensor within = log_prob(*prior, propose(about, width).z).isfinite().to(at::kDouble);
      if (!(std::abs(z_of_difference(weight, within)) < largest_z))
        fail(
            "for L = {} the samples do not follow log_prob: about z = {} there are {:.3g} times as many as log_prob "
            "says",
            latent_dim, in_words(centres[4 * i]), number(weight.mean() / within.mean()));
    }
  }
}

void check_prior_generator(const PluginChoice& choice) {
  const auto prior = make_prior(choice, 3);
  const Tensor z = draws(*prior, 7, 5);
  if (!z.equal(draws(*prior, 7, 5)))
    fail("two samples with the generator in one state differ; take all noise from the generator handed in");
  if (z.equal(draws(*prior, 7, 6)))
    fail("samples with two different generators are equal; take the noise from the generator handed in");
}

void check_prior_each_alone(const PluginChoice& choice) {
  const auto prior = moved_prior(choice, 3);
  const Tensor z = some_latents(*prior, {3, 5, 3}), together = prior->log_prob(z), before = z.clone();
  for (int64_t s = 0; s < 3; ++s)
    for (int64_t b = 0; b < 5; ++b)
      expect_close(together[s][b], prior->log_prob(z.slice(0, s, s + 1).slice(1, b, b + 1))[0][0], 1e-11,
                   fmt::format("log_prob of sample {} and data point {} among 3 x 5, not alone,", s, b));
  if (!z.equal(before)) fail("log_prob changes z in place");
  expect_follows_changes(
      z, z.flip({0, 1}).contiguous(),
      [&](const Tensor& own) { return NamedTensors{{"log_prob", prior->log_prob(own)}}; }, "a z");
}

/// Whether the density is 0 a little beyond all of its samples, as no distribution of the whole space is.
bool is_bounded(const Prior& prior) {
  const Tensor farthest = draws(prior, prior_draws, 9).abs().max() * 1.5;
  return log_prob(prior, farthest.expand({1, prior.context().latent_dim})).isinf().item<bool>();
}

void check_prior_extremes(const PluginChoice& choice) {
  const bool may_be_0 = is_bounded(*make_prior(choice, 2));
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    const auto prior = make_prior(choice, 2, dtype);
    for (const double far : {0., 5., -5., 30., -30., 1e3}) {
      const Tensor z = at::full({1, 1, 2}, far, dtype).requires_grad_();
      const Tensor log_p = prior->log_prob(z);
      const char* precision = dtype == at::kFloat ? "float32" : "float64";
      if (may_be_0 && number(log_p) == -INFINITY) continue;
      if (!log_p.isfinite().all().item<bool>())
        fail("at z = {:g} ({}) log_prob is {}", far, precision, in_words(log_p));
      if (log_p.requires_grad()) log_p.sum().backward();
      if (z.grad().defined() && !z.grad().isfinite().all().item<bool>())
        fail("at z = {:g} ({}) the gradient of log_prob is {}", far, precision, in_words(z.grad()));
    }
  }
}

void check_prior_gradients_in_float32(const PluginChoice& choice) {
  const auto exact = moved_prior(choice, 3), single = make_prior(choice, 3, at::kFloat);
  set_state(*single, state_of(*exact));
  const Tensor drawn = draws(*exact, 8, 6).unsqueeze(0), z = exact->is_on_sphere() ? drawn : drawn * 0.9;
  expect_same_gradients(
      *exact, *single, z.clone().set_requires_grad(true),
      [](Module& prior, const Tensor& own) {
        return weighted_sum({{"log_prob", dynamic_cast<Prior&>(prior).log_prob(own)}});
      },
      "log_prob");
  const Tensor q = at::stack({drawn[0] * 0.5, drawn[0] * 0.2 - 1}).set_requires_grad(true);  // means and log scales
  const auto kl = [](Module& prior, const Tensor& own) {
    const auto each = closed_form(dynamic_cast<Prior&>(prior), *posteriors::diagonal_normal(own[0], own[1]));
    return each ? weighted_sum({{"kl", *each}}) : own.sum() * 0;
  };
  expect_same_gradients(*exact, *single, q, kl, "kl");
}

void check_prior_precision(const PluginChoice& choice) {
  const auto exact = make_prior(choice, 3), single = make_prior(choice, 3, at::kFloat);
  set_state(*single, state_of(*exact));
  const Tensor z = some_latents(*exact, {3, 5, 3}).to(at::kFloat);
  expect_close(single->log_prob(z), exact->log_prob(z.to(at::kDouble)), 1e-4, "log_prob in float32, against float64,");
  check_prior_gradients_in_float32(choice);
}

void check_prior_options(const PluginChoice& choice) {
  expect_every_option(choice, [](const PluginChoice& other) {
    const auto prior = make_prior(other, 2);
    if (!log_prob(*prior, draws(*prior, 3, 1)).isfinite().all().item<bool>())
      fail("log_prob of its own samples is not finite");
  });
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

std::vector<Property> prior_properties(const PluginChoice& choice) {
  return properties<PluginChoice>(std::make_shared<PluginChoice>(choice),
                                  {{"made with its options", [](const PluginChoice& c) { make_prior(c, 2); }, true},
                                   {"shapes", check_prior_shapes, true},
                                   {"each data point on its own", check_prior_each_alone},
                                   {"normalisation", check_prior_normalisation},
                                   {"quadrature", check_prior_quadrature},
                                   {"samples follow log_prob", check_prior_draws},
                                   {"samples from the given generator", check_prior_generator},
                                   {"12 latents", check_prior_many},
                                   {"every latent and parameter counts", check_prior_influence},
                                   {"KL in closed form", check_prior_kl},
                                   {"KL of each latent", check_prior_shares},
                                   {"gradients", check_prior_gradients},
                                   {"float32 agrees with float64", check_prior_precision},
                                   {"finite at extreme latents", check_prior_extremes},
                                   {"outliers", check_prior_outliers},
                                   {"every option", check_prior_options},
                                   {"stored state", check_prior_state},
                                   {"training mode", check_prior_training_mode},
                                   {"several objects at once", check_prior_instances},
                                   {"1000 data at once", check_prior_many_data},
                                   {"two threads", check_prior_threads},
                                   {"memory of 1000 calls", check_prior_memory}});
}

}  // namespace elbo::host::conformance
