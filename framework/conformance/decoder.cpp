// The properties of decoders.
#include <elbo/decoder.hpp>

#include "conformance/kinds.hpp"
#include "conformance/network.hpp"
#include "plugins/library.hpp"

namespace elbo::conformance {
namespace {

/// A decoder anew, in float64 and evaluation mode, for a likelihood with two parameters for each value of x.
std::shared_ptr<Decoder> make_decoder(const PluginChoice& choice, const Shape& x, int64_t latent_dim = 2) {
  Context context;
  context.observation = {x, Support::real, 0};
  context.latent_dim = latent_dim;
  context.decoder_output = {{"loc", x}, {"log_scale", x}};
  context.rng = Rng(1);
  auto decoder = plugins::make_plugin<Decoder>(choice, context);
  decoder->to_like(at::empty({}, at::kDouble));
  decoder->set_training(false);
  return decoder;
}

std::vector<Shape> decoder_shapes(const PluginChoice& choice) {
  return accepted_shapes([&](const Shape& x) { make_decoder(choice, x); });
}

Tensor latents(int64_t rows, int64_t latent_dim) { return double_rng(1).normal({1, rows, latent_dim})[0]; }

void check_decoder_shapes(const PluginChoice& choice) {
  for (const Shape& x : decoder_shapes(choice))
    for (const int64_t latent_dim : {1, 3}) {
      const auto decoder = make_decoder(choice, x, latent_dim);
      for (const int64_t rows : {1, 2, 5, 3, 6, 15})
        decoder->decode(latents(rows, latent_dim));  // throws on a wrong shape
    }
}

void check_decoder_each_alone(const PluginChoice& choice) {
  for (const Shape& x : decoder_shapes(choice)) {
    const auto decoder = make_decoder(choice, x, 3);
    const Tensor z = latents(5, 3), before = z.clone(), together = decoder->decode(z);
    for (int64_t b = 0; b < 5; ++b)
      expect_close(together.slice(0, b, b + 1), decoder->decode(z.slice(0, b, b + 1)), 1e-10,
                   fmt::format("the output for row {} among 5, not alone,", b));
    if (!z.equal(before)) fail("decode changes z in place");
    if (!together.equal(decoder->decode(z)))
      fail("two outputs for the same latents differ while it is not being trained");
  }
}

void check_decoder_extremes(const PluginChoice& choice) {
  for (const Shape& x : decoder_shapes(choice))
    for (const auto dtype : {at::kDouble, at::kFloat}) {
      const auto decoder = make_decoder(choice, x);
      decoder->to_like(at::empty({}, dtype));
      for (const double far : {0., 5., -5., 30., -30.}) {
        const Tensor raw = decoder->decode(at::full({2, 2}, far, dtype));
        if (!raw.isfinite().all().item<bool>())
          fail("at z = {:g} ({}) the output is {}", far, dtype == at::kFloat ? "float32" : "float64", in_words(raw));
      }
    }
}

void check_decoder_gradients(const PluginChoice& choice) {
  for (const Shape& x : decoder_shapes(choice)) {
    const auto decoder = make_decoder(choice, x);
    perturb(*decoder, 0.01, 2);
    const Tensor z = latents(3, 2);
    const auto value = [&] {
      const Tensor raw = decoder->decode(z);
      return (raw * at::linspace(0.5, 1.5, raw.numel(), at::kDouble).view_as(raw)).sum() + raw.square().sum() / 3;
    };
    expect_gradient_reaches(*decoder, value());
    expect_directional_gradient(*decoder, value, "the output");
  }
}

/// Where there is such a bias, changing it changes every output by as much; else nothing changes.
void check_decoder_output_bias(const PluginChoice& choice) {
  const Shape x = decoder_shapes(choice)[0];
  const auto decoder = make_decoder(choice, x);
  const Tensor z = latents(3, 2), untouched = decoder->decode(z).detach();
  const Tensor one = double_rng(2).normal({1, 1, numel(decoder->context().decoder_output)})[0][0], other = one * -0.5;
  decoder->set_output_bias(one);
  const Tensor first = decoder->decode(z).detach();
  decoder->set_output_bias(other);
  const Tensor second = decoder->decode(z).detach();
  if (first.equal(untouched) && second.equal(untouched)) skip("it has no output bias to set");
  expect_close(first - second, (one - other).expand_as(first), 1e-9, "the change of the output with the output bias");
}

void check_decoder_precision(const PluginChoice& choice) {
  const Shape x = decoder_shapes(choice)[0];
  const auto exact = make_decoder(choice, x), single = make_decoder(choice, x);
  single->to_like(at::empty({}, at::kFloat));
  const Tensor z = latents(3, 2).to(at::kFloat);
  expect_close(single->decode(z), exact->decode(z.to(at::kDouble)), 1e-3, "the output in float32, against float64,");
}

void check_decoder_options(const PluginChoice& choice) {
  const Shape x = decoder_shapes(choice)[0];
  expect_every_option(choice, [&](const PluginChoice& other) {
    const Tensor raw = make_decoder(other, x)->decode(latents(2, 2));
    if (!raw.isfinite().all().item<bool>()) fail("the output is {}", in_words(raw));
  });
}

void check_decoder_state(const PluginChoice& choice) {
  const Shape x = decoder_shapes(choice)[0];
  const auto first = make_decoder(choice, x), second = make_decoder(choice, x);
  perturb(*first, 0.1, 1);
  const Tensor z = latents(3, 2);
  expect_same_after_round_trip(*first, *second, [&](const Module& module) -> std::vector<Tensor> {
    return {const_cast<Decoder&>(dynamic_cast<const Decoder&>(module)).decode(z)};
  });
}

}  // namespace

std::vector<Property> decoder_properties(const PluginChoice& choice) {
  std::vector<Property> properties;
  const auto add = [&](const char* name, void (*check)(const PluginChoice&), bool is_groundwork = false) {
    properties.push_back({name, [=] { check(choice); }, is_groundwork});
  };
  add(
      "made with its options", [](const PluginChoice& c) { decoder_shapes(c); }, true);
  add("shapes", check_decoder_shapes, true);
  add("each datum on its own", check_decoder_each_alone);
  add("finite at extreme latents", check_decoder_extremes);
  add("gradients", check_decoder_gradients);
  add("output bias", check_decoder_output_bias);
  add("float32 agrees with float64", check_decoder_precision);
  add("every option", check_decoder_options);
  add("stored state", check_decoder_state);
  return properties;
}

}  // namespace elbo::conformance
