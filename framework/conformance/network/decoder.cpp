// The properties of decoders.
#include <elbo/model.hpp>

#include "conformance/check.hpp"
#include "conformance/network/network.hpp"
#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
namespace {

constexpr double farthest_latent = 1000;

/// Made for a likelihood with two parameters for each value of x, and with one where there is an odd number of values.
class DecoderNetwork final : public Network {
 public:
  using Network::Network;

  std::shared_ptr<Decoder> decoder(const PluginChoice& choice, const Shape& x, int64_t latents = 2) const {
    return std::dynamic_pointer_cast<Decoder>(make(choice, x, latents));
  }
  std::shared_ptr<Decoder> decoder(const Shape& x, int64_t latents = 2) const { return decoder(choice(), x, latents); }
  /// For a likelihood that asks for other parameters.
  std::shared_ptr<Decoder> decoder_of(const std::vector<DecoderOutput>& outputs, const Shape& x) const {
    Context context;
    context.observation = {x, Support::real, 0};
    context.latent_dim = 2;
    context.decoder_output = outputs;
    return plugins::make_plugin<Decoder>(choice(), context);
  }

  Tensor inputs(const Shape&, int64_t latents, int64_t rows, uint64_t seed, double times) const override {
    return double_rng(seed).normal({1, rows, latents})[0] * times;
  }
  NamedTensors results(Component& network, const Tensor& z, const Tensor&) const override {
    return {{"the output", dynamic_cast<Decoder&>(network).decode(z)}};
  }
  using Network::results;
  size_t driven() const override { return 0; }
  std::string input_words(int64_t column) const override { return fmt::format("latent {}", column); }
  std::string output_words(int64_t column) const override { return fmt::format("value {} of the output", column); }

 private:
  std::shared_ptr<Component> create(const PluginChoice& choice, const Context& context) const override {
    Context own = context;
    own.decoder_output = {{"loc", own.observation.shape}};
    if (numel(own.observation.shape) % 2 == 0) own.decoder_output.push_back({"log_scale", own.observation.shape});
    return plugins::make_plugin<Decoder>(choice, own);
  }
};

Tensor normal_latents(int64_t rows, int64_t latent_dim) { return double_rng(1).normal({1, rows, latent_dim})[0]; }

void check_decoder_shapes(const DecoderNetwork& network) {
  for (const Shape& x : network.shapes())
    for (const int64_t latent_dim : {1, 3}) {
      const auto decoder = network.decoder(x, latent_dim);
      for (const int64_t rows : {1, 2, 5, 3, 6, 15})
        decoder->decode(normal_latents(rows, latent_dim));  // throws on a wrong shape
    }
}

/// One parameter for all values, several for each, and none that has the shape of x.
std::vector<std::vector<DecoderOutput>> parameters_of_likelihoods(const Shape& x) {
  using Params = std::vector<DecoderOutput>;
  return {Params{{"loc", x}}, Params{{"loc", x}, {"log_scale", {1}}}, Params{{"logits", Shape{5} + x}},
          Params{{"log_scale", {1}}, {"loc", x}, {"df", {2}}}, Params{{"weights", {3}}}};
}

void check_decoder_outputs(const DecoderNetwork& network) {
  for (const Shape& x : network.shapes())
    for (const std::vector<DecoderOutput>& outputs : parameters_of_likelihoods(x)) {
      std::shared_ptr<Decoder> decoder;
      try {
        decoder = network.decoder_of(outputs, x);
      } catch (const plugins::PluginFault&) {
        throw;
      } catch (const UserError&) {
        continue;  // it serves no such likelihood
      }
      decoder->set_training(false);
      for (const int64_t rows : {1, 4}) {
        const Tensor raw = decoder->decode(normal_latents(rows, 2).to(at::kFloat));  // throws on a wrong shape
        if (!raw.isfinite().all().item<bool>())
          fail("for a likelihood of {} parameters, {} values, the output is {}", outputs.size(), numel(outputs),
               in_words(raw));
      }
    }
}

Tensor decoded_sum(Decoder& decoder, const Tensor& z) {
  const Tensor raw = decoder.decode(z);
  return weighted_sum({{"raw", raw}}) + raw.square().sum() / 3;
}

void check_decoder_gradients(const DecoderNetwork& network) {
  Reached reached;
  for (const Shape& x : network.shapes()) {
    const auto decoder = network.decoder(x);
    perturb(*decoder, 0.01, 2);
    const auto value = [&](const Tensor& z) { return decoded_sum(*decoder, z); };
    for (uint64_t seed = 1; seed <= 4; ++seed)
      reached.add(*decoder, value(network.inputs(x, 2, 3, seed, static_cast<double>(seed))));
    const Tensor z = normal_latents(3, 2).set_requires_grad(true);  // the encoder is trained through it
    const auto held = [&] { return value(z); };
    expect_directional_gradient(*decoder, {{"z", z}}, held, "the output");
    expect_directional_gradient_in_training(*decoder, {{"z", z}}, held, "the output");
  }
  reached.expect_all();
}

/// Where there is such a bias, changing it changes every output by as much; else nothing changes.
void check_decoder_output_bias(const DecoderNetwork& network) {
  for (const Shape& x : network.shapes()) {
    const auto decoder = network.decoder(x);
    const Tensor z = normal_latents(3, 2), untouched = decoder->decode(z).detach();
    const Tensor one = double_rng(2).normal({1, 1, numel(decoder->context().decoder_output)})[0][0], other = one * -0.5;
    decoder->set_output_bias(one);
    const Tensor first = decoder->decode(z).detach();
    decoder->set_output_bias(other);
    const Tensor second = decoder->decode(z).detach();
    if (first.equal(untouched) && second.equal(untouched)) skip("it has no output bias to set");
    expect_close(first - second, (one - other).expand_as(first), 1e-9, "the change of the output with the output bias");
  }
}

void check_decoder_precision(const DecoderNetwork& network) {
  const Shape x = network.shapes()[0];
  const auto exact = network.decoder(x), single = network.decoder(x);
  single->to_like(at::empty({}, at::kFloat));
  const Tensor z = normal_latents(3, 2).to(at::kFloat);
  expect_close(single->decode(z), exact->decode(z.to(at::kDouble)), 1e-3, "the output in float32, against float64,");
  expect_same_gradients(
      *exact, *single, normal_latents(3, 2).set_requires_grad(true),
      [](Module& decoder, const Tensor& own) { return decoded_sum(dynamic_cast<Decoder&>(decoder), own); },
      "the output");
}

void check_decoder_options(const DecoderNetwork& network) {
  const Shape x = network.shapes()[0];
  expect_every_option(network.choice(), [&](const PluginChoice& other) {
    const Tensor raw = network.decoder(other, x)->decode(normal_latents(2, 2));
    if (!raw.isfinite().all().item<bool>()) fail("the output is {}", in_words(raw));
  });
}

}  // namespace

std::vector<Property> decoder_properties(const PluginChoice& choice) {
  return properties<DecoderNetwork>(
      std::make_shared<DecoderNetwork>(choice),
      {{"made with its options", [](const DecoderNetwork& n) { n.shapes(); }, true},
       {"shapes", check_decoder_shapes, true},
       {"parameters of any likelihood", check_decoder_outputs},
       {"all tensors registered", check_network_registered},
       {"each data point on its own", check_network_rows},
       {"1000 data at once", check_network_thousand_rows},
       {"influence of each value", check_network_influence},
       {"finite at extreme latents", [](const DecoderNetwork& n) { check_network_outliers(n, farthest_latent); }},
       {"gradients", check_decoder_gradients},
       {"output bias", check_decoder_output_bias},
       {"float32 agrees with float64", check_decoder_precision},
       {"training mode", check_network_modes},
       {"every option", check_decoder_options},
       {"stored state", check_network_state},
       {"several objects at once", check_network_side_by_side},
       {"two threads", check_network_threads},
       {"memory of 1000 calls", check_network_memory}});
}

}  // namespace elbo::host::conformance
