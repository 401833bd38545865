// The properties of encoders and of the posteriors that they give.
#include <ATen/core/grad_mode.h>
#include <elbo/encoder.hpp>

#include <cmath>

#include "conformance/kinds.hpp"
#include "conformance/network.hpp"
#include "plugins/library.hpp"

namespace elbo::conformance {
namespace {

/// An encoder anew, in float64 and evaluation mode.
std::shared_ptr<Encoder> make_encoder(const PluginChoice& choice, const Shape& x, int64_t latent_dim = 2) {
  Context context;
  context.observation = {x, Support::real, 0};
  context.latent_dim = latent_dim;
  context.rng = Rng(1);
  auto encoder = plugins::make_plugin<Encoder>(choice, context);
  encoder->to_like(at::empty({}, at::kDouble));
  encoder->set_training(false);
  return encoder;
}

std::vector<Shape> encoder_shapes(const PluginChoice& choice) {
  return accepted_shapes([&](const Shape& x) { make_encoder(choice, x); });
}

Tensor inputs(const Shape& x, int64_t batch, uint64_t seed = 1) {
  return double_rng(seed).uniform(Shape{1, batch} + x)[0];
}

void expect_draw_shapes(const Posterior& q, int64_t samples, int64_t batch, int64_t latent_dim) {
  Rng rng = double_rng(1);
  const Draw draw = q.draw(samples, rng);
  const std::string words = fmt::format("for S = {}, B = {}, L = {}", samples, batch, latent_dim);
  const auto expect = [&](const Tensor& t, const Shape& shape, const char* what) {
    if (!t.defined() || t.sizes().vec() != shape)
      fail("{} {} has shape {}; expected {}", words, what, t.defined() ? to_string(t.sizes().vec()) : "none",
           to_string(shape));
  };
  expect(draw.z, {samples, batch, latent_dim}, "z of a draw");
  expect(draw.log_prob, {samples, batch}, "log_prob of a draw");
  expect(q.mean(), {batch, latent_dim}, "the mean");
  if (const auto log_prob = q.log_prob(draw.z)) expect(*log_prob, {samples, batch}, "log_prob(z)");
}

void check_encoder_shapes(const PluginChoice& choice) {
  for (const Shape& x : encoder_shapes(choice))
    for (const int64_t latent_dim : {1, 3}) {
      const auto encoder = make_encoder(choice, x, latent_dim);
      for (const int64_t batch : {1, 5})
        for (const int64_t samples : {1, 3})
          expect_draw_shapes(*encoder->encode(inputs(x, batch)), samples, batch, latent_dim);
    }
}

/// The choice itself and, for each option that names one of several things, each of these: posterior families, flows.
void with_each_kind(const PluginChoice& choice, const std::function<void(const PluginChoice&)>& check) {
  check(choice);
  for (const Option& option : plugins::options_of_plugin(choice))
    for (const std::string& value : option.choices) {
      if (option.name == "activation" || option.fallback == Value(value)) continue;
      PluginChoice other = choice;
      std::erase_if(other.settings, [&](const Setting& s) { return s.name == option.name; });
      other.settings.push_back({option.name, value});
      try {
        check(other);
      } catch (const Failure& failure) {
        fail("with {} = {} {}", option.name, value, failure.sentence);
      }
    }
}

bool is_refused(const std::function<void()>& make) {
  try {
    make();
    return false;
  } catch (const UserError&) {
    return true;
  }
}

/// Whether anything but the posterior's own draws can be scored is for it to say.
bool scores_given_z(const Posterior& q) { return q.log_prob(at::zeros({1, 1, q.mean().size(1)}, at::kDouble)).has_value(); }

void check_encoder_two_ways(const PluginChoice& choice) {
  bool compared = false;
  with_each_kind(choice, [&](const PluginChoice& other) {
    const Shape x = encoder_shapes(other)[0];
    const auto encoder = make_encoder(other, x, 3);
    perturb(*encoder, 0.1, 1);
    const auto q = encoder->encode(inputs(x, 4));
    Rng rng = double_rng(2);
    const Draw draw = q->draw(5, rng);
    const auto log_prob = q->log_prob(draw.z);
    if (!log_prob) return;
    compared = true;
    expect_close(*log_prob, draw.log_prob, 1e-8, "log_prob(z) of a draw, against what came with the draw,");
    if (const auto normal = q->diagonal_normal())
      expect_close(*diagonal_normal(normal->mean, normal->log_scale)->log_prob(draw.z), *log_prob, 1e-8,
                   "log_prob under diagonal_normal(), against log_prob(z),");
  });
  if (!compared) skip("only its own draws can be scored");
}

Tensor tensor_grid(const Tensor& line, int64_t latent_dim) {
  if (latent_dim == 1) return line.view({-1, 1});
  return at::stack({line.repeat_interleave(line.numel()), line.repeat({line.numel()})}, 1);
}

/// By midpoints on the box of a uniform law, where they are exact.
double integral(const Posterior& q, const UniformParams& box, int64_t latent_dim) {
  const Tensor middles = (at::arange(50, at::kDouble) + 0.5) / 50, width = box.high - box.low;
  const Tensor z = (box.low + width * tensor_grid(middles, latent_dim)).unsqueeze(1);
  return number(q.log_prob(z)->detach().exp().mean()) * number(width.detach().prod());
}

/// On the circle at equal angles, exact for smooth densities.
double integral_on_circle(const Posterior& q) {
  constexpr int64_t n = 4000;
  const Tensor angle = at::arange(n, at::kDouble) * (2 * M_PI / n), z = at::stack({angle.cos(), angle.sin()}, 1).unsqueeze(1);
  return number(q.log_prob(z)->detach().exp().mean()) * 2 * M_PI;
}

/// The trapezoidal rule on a grid that the draws' mean and covariance place; exact for smooth densities.
double integral(const Posterior& q, int64_t latent_dim) {
  if (const auto box = q.uniform()) return integral(q, *box, latent_dim);
  if (q.von_mises_fisher()) return integral_on_circle(q);
  Rng rng = double_rng(3);
  const Tensor draws = q.draw(4000, rng).z.detach().select(1, 0);
  const Tensor mean = draws.mean(0), centred = draws - mean;
  const Tensor root = at::linalg_cholesky(centred.t().matmul(centred) / 3999.);
  constexpr double reach = 10, step = 0.05;
  const Tensor u = tensor_grid(at::arange(-reach, reach + step / 2, step, at::kDouble), latent_dim);
  const Tensor z = (mean + u.matmul(root.t())).unsqueeze(1);
  return number(q.log_prob(z)->detach().exp().sum()) * number(root.diagonal().prod()) * std::pow(step, latent_dim);
}

void check_encoder_normalisation(const PluginChoice& choice) {
  bool integrated = false;
  with_each_kind(choice, [&](const PluginChoice& other) {
    const Shape x = encoder_shapes(other)[0];
    for (const int64_t latent_dim : {1, 2}) {
      if (latent_dim == 1 && is_refused([&] { make_encoder(other, x, latent_dim); })) continue;  // a law of directions
      const auto encoder = make_encoder(other, x, latent_dim);
      perturb(*encoder, 0.1, 1);
      const at::NoGradGuard no_gradients;
      const auto q = encoder->encode(inputs(x, 1));
      if (!scores_given_z(*q)) continue;
      integrated = true;
      const double total = integral(*q, latent_dim);
      if (!(std::abs(total - 1) < 1e-3))
        fail("for L = {} the density of q(z|x) integrates to {:.8g}; expected 1", latent_dim, total);
    }
  });
  if (!integrated) skip("only its own draws can be scored");
}

void check_encoder_each_alone(const PluginChoice& choice) {
  for (const Shape& x_shape : encoder_shapes(choice)) {
    const auto encoder = make_encoder(choice, x_shape, 3);
    const Tensor x = inputs(x_shape, 5), before = x.clone();
    const auto together = encoder->encode(x);
    const Rng rng = double_rng(4);
    Rng all = rng;
    const Draw draws = together->draw(3, all);
    for (int64_t b = 0; b < 5; ++b) {
      const auto alone = encoder->encode(x.slice(0, b, b + 1));
      Rng own = rng.for_data(at::full({1}, b, at::kLong));
      const std::string words = fmt::format(" of datum {} among 5, not alone,", b);
      expect_close(together->mean()[b], alone->mean()[0], 1e-10, "the mean" + words);
      expect_close(draws.z.select(1, b), alone->draw(3, own).z.select(1, 0), 1e-10, "the draw" + words);
    }
    if (!x.equal(before)) fail("encode changes x in place");
  }
}

void check_encoder_generator(const PluginChoice& choice) {
  const Shape x = encoder_shapes(choice)[0];
  const auto q = make_encoder(choice, x, 3)->encode(inputs(x, 4));
  const auto draw = [&](uint64_t seed) {
    Rng rng = double_rng(seed);
    return q->draw(2, rng).z.detach();
  };
  if (!draw(1).equal(draw(1)))
    fail("two draws with the generator in one state differ; take all noise from the generator handed in");
  if (draw(1).equal(draw(2)))
    fail("draws with two different generators are equal; take the noise from the generator handed in");
}

/// What training differentiates: a function of z, and log q of it, with the noise held.
Tensor objective(Encoder& encoder, const Tensor& x) {
  Rng rng = double_rng(6);
  const Draw draw = encoder.encode(x)->draw(2, rng);
  const Tensor weight = at::linspace(0.5, 1.5, draw.z.numel(), at::kDouble).view_as(draw.z);
  return (draw.z * weight).sum() + draw.z.square().sum() / 3 + draw.log_prob.sum();
}

void check_encoder_gradients(const PluginChoice& choice) {
  with_each_kind(choice, [](const PluginChoice& other) {
    for (const Shape& x_shape : encoder_shapes(other)) {
      const auto encoder = make_encoder(other, x_shape);
      perturb(*encoder, 0.01, 2);
      const Tensor x = inputs(x_shape, 3);
      expect_gradient_reaches(*encoder, objective(*encoder, x));
      expect_directional_gradient(
          *encoder, [&] { return objective(*encoder, x); }, "draws and log q");
    }
  });
}

void check_encoder_precision(const PluginChoice& choice) {
  const Shape x_shape = encoder_shapes(choice)[0];
  const auto exact = make_encoder(choice, x_shape), single = make_encoder(choice, x_shape);
  single->to_like(at::empty({}, at::kFloat));
  const Tensor x = inputs(x_shape, 3).to(at::kFloat);
  expect_close(single->encode(x)->mean(), exact->encode(x.to(at::kDouble))->mean(), 1e-3,
               "the mean in float32, against float64,");
}

void check_encoder_options(const PluginChoice& choice) {
  const Shape x = encoder_shapes(choice)[0];
  expect_every_option(choice, [&](const PluginChoice& other) {
    Rng rng = double_rng(1);
    const Draw draw = make_encoder(other, x)->encode(inputs(x, 2))->draw(1, rng);
    if (!draw.z.isfinite().all().item<bool>()) fail("its draws are {}", in_words(draw.z));
  });
}

void check_encoder_state(const PluginChoice& choice) {
  const Shape x_shape = encoder_shapes(choice)[0];
  const auto first = make_encoder(choice, x_shape), second = make_encoder(choice, x_shape);
  perturb(*first, 0.1, 1);
  const Tensor x = inputs(x_shape, 3);
  expect_same_after_round_trip(*first, *second, [&](const Module& module) -> std::vector<Tensor> {
    Rng rng = double_rng(2);
    const Draw draw = const_cast<Encoder&>(dynamic_cast<const Encoder&>(module)).encode(x)->draw(2, rng);
    return {draw.z, draw.log_prob};
  });
}

}  // namespace

std::vector<Property> encoder_properties(const PluginChoice& choice) {
  std::vector<Property> properties;
  const auto add = [&](const char* name, void (*check)(const PluginChoice&), bool is_groundwork = false) {
    properties.push_back({name, [=] { check(choice); }, is_groundwork});
  };
  add(
      "made with its options", [](const PluginChoice& c) { encoder_shapes(c); }, true);
  add("shapes", check_encoder_shapes, true);
  add("log_prob of draws, two ways", check_encoder_two_ways);
  add("normalisation", check_encoder_normalisation);
  add("each datum on its own", check_encoder_each_alone);
  add("draws from the given generator", check_encoder_generator);
  add("gradients", check_encoder_gradients);
  add("float32 agrees with float64", check_encoder_precision);
  add("every option", check_encoder_options);
  add("stored state", check_encoder_state);
  return properties;
}

}  // namespace elbo::conformance
