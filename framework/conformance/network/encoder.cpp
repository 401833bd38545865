#include "conformance/network/encoder.hpp"

#include <utility>

#include "conformance/check.hpp"
#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t sampled = 3;  // samples among the results
constexpr double farthest_input = 40;

void expect_draw_shapes(const Posterior& q, int64_t samples, int64_t batch, int64_t latent_dim) {
  Rng rng = double_rng(1);
  const Sample draw = q.draw(samples, rng);
  const std::string words = fmt::format("for S = {}, B = {}, L = {}", samples, batch, latent_dim);
  const auto expect = [&](const Tensor& t, const Shape& shape, const std::string& what) {
    if (!t.defined() || t.sizes().vec() != shape)
      fail("{} {} has shape {}; expected {}", words, what, t.defined() ? to_string(t.sizes().vec()) : "none",
           to_string(shape));
  };
  expect(draw.z, {samples, batch, latent_dim}, "z of a sample");
  expect(draw.log_prob, {samples, batch}, "log_prob of a sample");
  if (q.mean().defined()) expect(q.mean(), {batch, latent_dim}, "the mean");
  if (const auto log_prob = q.log_prob(draw.z)) expect(*log_prob, {samples, batch}, "log_prob(z)");
  for (const Declared& declared : declared_families(q)) {
    expect(declared.mean, {batch, latent_dim}, "the mean of " + declared.family);
    expect(declared.log_prob(draw.z), {samples, batch}, "log_prob(z) of " + declared.family);
  }
}

void check_encoder_shapes(const EncoderNetwork& network) {
  for (const Shape& x : network.shapes())
    for (const int64_t latent_dim : {1, 3}) {
      const auto encoder = network.encoder(network.choice(), x, latent_dim);
      for (const int64_t batch : {1, 5})
        for (const int64_t samples : {1, 3})
          expect_draw_shapes(*encoder->encode(network.inputs(x, latent_dim, batch)), samples, batch, latent_dim);
    }
}

/// What needs no noise: the mean, log q of z that are given, and all that a prior may take for its KL in closed form.
Tensor told(const Posterior& q, const Tensor& given) {
  Tensor sum = q.mean().defined() ? weighted_sum({{"the mean", q.mean()}}) : at::zeros({}, given.options());
  if (const auto log_q = q.log_prob(given); log_q && log_q->isfinite().all().item<bool>())
    sum = sum + weighted_sum({{"log q", *log_q}});
  for (const Declared& declared : declared_families(q)) sum = sum + weighted_sum(declared.params);
  return sum;
}

/// Functions of z, and log q of it, with the noise held.
Tensor sampled_objective(const Posterior& q) {
  Rng rng = double_rng(6);
  const Sample draw = q.draw(2, rng);
  return weighted_sum({{"z", draw.z}, {"log q", draw.log_prob}}) + draw.z.square().sum() / 3;
}

/// What training differentiates.
Tensor posterior_objective(Encoder& encoder, const Tensor& x, const Tensor& given) {
  const auto q = encoder.encode(x);
  return sampled_objective(*q) + told(*q, given);
}

/// Samples to be scored as z that are given.
Tensor given_draws(Encoder& encoder, const Tensor& x) {
  Rng rng = double_rng(7);
  return encoder.encode(x)->draw(2, rng).z.detach();
}

/// The mean, which may stand for z, and the parameters that a prior may take for its KL follow the network: without a gradient they
/// would not train it.
void expect_families_have_gradients(Encoder& encoder, const Tensor& x) {
  const auto q = encoder.encode(x);
  Rng rng = double_rng(6);
  if (!q->draw(1, rng).z.requires_grad()) return;
  if (q->mean().defined() && !q->mean().requires_grad())
    fail("mean() has no gradient, so that an objective that takes it for z would not train the encoder");
  for (const Declared& declared : declared_families(*q))
    for (const auto& [name, t] : declared.params)
      if (!t.requires_grad())
        fail("{} of {} has no gradient, so that a KL in closed form would not train the encoder", name,
             declared.family);
}

void check_encoder_gradients(const EncoderNetwork& network) {
  Reached reached;
  bool is_first = true;
  network.with_each_kind([&](const PluginChoice& other) {
    std::vector<Shape> shapes = network.shapes(other);
    const bool is_given = std::exchange(is_first, false);
    if (!is_given) shapes.resize(1);  // the network is the same one
    for (const Shape& x_shape : shapes) {
      const auto encoder = network.encoder(other, x_shape, 2);
      perturb(*encoder, 0.01, 2);
      for (uint64_t seed = 1; seed <= 4; ++seed) {
        const Tensor x = network.inputs(x_shape, 2, 3, seed, static_cast<double>(seed));
        reached.add(*encoder, posterior_objective(*encoder, x, given_draws(*encoder, x)));
      }
      const Tensor x = network.inputs(x_shape, 2, 3), given = given_draws(*encoder, x).set_requires_grad(true);
      expect_families_have_gradients(*encoder, x);
      const auto value = [&] { return posterior_objective(*encoder, x, given); };
      const NamedTensors inputs = {{"a given z", given}};
      expect_directional_gradient(*encoder, inputs, value, "samples and log q");
      if (is_given) expect_directional_gradient_in_training(*encoder, inputs, value, "samples and log q");
    }
  });
  reached.expect_all();
}

/// Samples of the two precisions have different noise: of those, float32 has only its own central differences.
void check_gradients_in_float32(const EncoderNetwork& network, const PluginChoice& choice, bool in_training) {
  const Shape x_shape = network.shapes(choice)[0];
  const auto exact = network.encoder(choice, x_shape, 2), single = network.encoder(choice, x_shape, 2);
  for (const auto& encoder : {exact, single}) perturb(*encoder, 0.01, 2);
  single->to_like(at::empty({}, at::kFloat));
  const Tensor x = network.inputs(x_shape, 2, 3), x32 = x.to(at::kFloat), given = given_draws(*exact, x);
  const auto value = [&](Module& encoder, const Tensor& own) {
    return told(*dynamic_cast<Encoder&>(encoder).encode(own), given.to(own.scalar_type()));
  };
  expect_same_gradients(*exact, *single, x, value, "mean(), log q of a given z and the family's parameters",
                        in_training);
  const auto of_samples = [&] { return sampled_objective(*single->encode(x32)); };
  expect_directional_gradient(*single, {}, of_samples, "samples and log q (float32)");
  if (in_training) expect_directional_gradient_in_training(*single, {}, of_samples, "samples and log q (float32)");
}

void check_encoder_precision(const EncoderNetwork& network) {
  const Shape x_shape = network.shapes()[0];
  const auto exact = network.encoder(network.choice(), x_shape, 2),
             single = network.encoder(network.choice(), x_shape, 2);
  single->to_like(at::empty({}, at::kFloat));
  const Tensor x = network.inputs(x_shape, 2, 3).to(at::kFloat);
  const auto q = exact->encode(x.to(at::kDouble)), p = single->encode(x);
  if (q->mean().defined()) expect_close(p->mean(), q->mean(), 1e-3, "the mean in float32, against float64,");
  Rng rng = Rng(1).like(x);
  const Sample draw = p->draw(4, rng);
  if (const auto log_q = q->log_prob(draw.z.to(at::kDouble)))
    expect_close(draw.log_prob, *log_q, 1e-2, "log_prob of a sample in float32, against log_prob(z) in float64,");
  bool is_first = true;  // the network is the same one for each kind
  network.with_each_kind(
      [&](const PluginChoice& other) { check_gradients_in_float32(network, other, std::exchange(is_first, false)); });
}

void check_encoder_options(const EncoderNetwork& network) {
  const Shape x = network.shapes()[0];
  expect_every_option(network.choice(), [&](const PluginChoice& other) {
    for (const auto dtype : {at::kDouble, at::kFloat}) {
      const auto encoder = network.encoder(other, x, 2);
      encoder->to_like(at::empty({}, dtype));
      Rng rng = Rng(1).like(at::empty({}, dtype));
      const Sample draw = encoder->encode(network.inputs(x, 2, 2).to(dtype))->draw(4, rng);
      if (!draw.z.isfinite().all().item<bool>()) fail("its samples are {}", in_words(draw.z));
      if (!draw.log_prob.isfinite().all().item<bool>()) fail("log_prob of its samples is {}", in_words(draw.log_prob));
    }
  });
}

}  // namespace

std::shared_ptr<Component> EncoderNetwork::create(const PluginChoice& choice, const Context& context) const {
  return plugins::make_plugin<Encoder>(choice, context);
}

std::shared_ptr<Encoder> EncoderNetwork::encoder(const PluginChoice& choice, const Shape& x, int64_t latents) const {
  return std::dynamic_pointer_cast<Encoder>(make(choice, x, latents));
}

std::shared_ptr<Encoder> EncoderNetwork::moved(const PluginChoice& choice, int64_t latents) const {
  auto encoder = this->encoder(choice, shapes(choice)[0], latents);
  perturb(*encoder, 0.1, 1);
  return encoder;
}

Encoded EncoderNetwork::encoded(const PluginChoice& choice, int64_t latents, int64_t batch) const {
  auto encoder = moved(choice, latents);
  auto q = encoder->encode(inputs(encoder->context().observation.shape, latents, batch));
  return {std::move(encoder), std::move(q)};
}

void EncoderNetwork::with_each_kind(const std::function<void(const PluginChoice&)>& check) const {
  check(choice());
  for (const Option& option : plugins::options_of_plugin(choice()))
    for (const std::string& value : option.choices) {
      if (option.name == "activation" || option.fallback == Value(value)) continue;
      PluginChoice other = choice();
      std::erase_if(other.settings, [&](const Setting& s) { return s.name == option.name; });
      other.settings.push_back({option.name, value});
      try {
        check(other);
      } catch (const Failure& failure) {
        fail("with {} = {} {}", option.name, value, failure.sentence);
      } catch (const plugins::PluginFault&) {
        throw;
      } catch (const UserError&) {
        // It says that it cannot serve this choice together with the others: no failure.
      }
    }
}

Tensor EncoderNetwork::inputs(const Shape& x, int64_t, int64_t batch, uint64_t seed, double times) const {
  return (double_rng(seed).uniform(Shape{1, batch} + x)[0] - 0.5) * times + 0.5;
}

NamedTensors EncoderNetwork::results(Component& network, const Tensor& x, const Tensor& ids) const {
  const auto q = dynamic_cast<Encoder&>(network).encode(x);
  Rng rng = Rng(2).like(x).for_data(ids);
  const Sample draw = q->draw(sampled, rng);
  NamedTensors all = {{"the samples", draw.z.transpose(0, 1)}, {"log q of the samples", draw.log_prob.t()}};
  if (const Tensor mean = q->mean(); mean.defined()) all.insert(all.begin(), {"the mean", mean});
  return all;
}

std::string EncoderNetwork::input_words(int64_t column) const {
  return fmt::format("value {} of x (row-major)", column);
}
std::string EncoderNetwork::output_words(int64_t column) const {
  return fmt::format("a sample of latent {}, with the noise held,", column % 3);  // check_network_influence has three
}

std::vector<Property> encoder_properties(const PluginChoice& choice) {
  return properties<EncoderNetwork>(
      std::make_shared<EncoderNetwork>(choice),
      {{"made with its options", [](const EncoderNetwork& n) { n.shapes(); }, true},
       {"shapes", check_encoder_shapes, true},
       {"all tensors registered", check_network_registered},
       {"each data point on its own", check_network_rows},
       {"1000 data at once", check_network_thousand_rows},
       {"influence of each value", check_network_influence},
       {"mean, log_prob and family agree", check_posterior_agrees},
       {"normalisation", check_posterior_normalisation},
       {"samples follow log_prob", check_posterior_draws},
       {"samples are independent", check_posterior_independence},
       {"samples from the given generator", check_posterior_generator},
       {"samples at tiny scales", check_posterior_tiny_scales},
       {"gradients", check_encoder_gradients},
       {"gradient of an expectation", check_expectation_gradient},
       {"float32 agrees with float64", check_encoder_precision},
       {"finite at extreme inputs", [](const EncoderNetwork& n) { check_network_outliers(n, farthest_input); }},
       {"training mode", check_network_modes},
       {"every option", check_encoder_options},
       {"stored state", check_network_state},
       {"several objects at once", check_network_side_by_side},
       {"two threads", check_network_threads},
       {"memory of 1000 calls", check_network_memory}});
}

}  // namespace elbo::host::conformance
