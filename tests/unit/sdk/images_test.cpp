// Convolutional networks on images of every size that the shipped data sets have, and on those they refuse.
#include <elbo/networks.hpp>

#include <gtest/gtest.h>

namespace elbo::nn {
namespace {

const Shape sizes[] = {{28, 28}, {1, 28, 28}, {1, 28, 20}, {3, 32, 32}, {1, 64, 64}, {2, 5, 9}, {1, 1, 1}};

ImageNetConfig small(const std::string& upsampling, int64_t blocks, bool gated) {
  ImageNetConfig c{.channels = {4, 6, 5}, .hidden = {7}};
  c.upsampling = upsampling;
  c.blocks = blocks;
  c.gated = gated;
  return c;
}

std::vector<ImageNetConfig> configs() {
  return {small("transposed", 0, false), small("resize", 0, true), small("transposed", 2, true)};
}

TEST(ImageDown, takes_images_of_any_size) {
  for (const Shape& x : sizes)
    for (const ImageNetConfig& config : configs()) {
      const ImageDown net(config, x, Rng(1));
      EXPECT_EQ(net.forward(zeros(Shape{3} + x)).sizes().vec(), (Shape{3, 7})) << to_string(x);
    }
}

TEST(ImageUp, gives_every_parameter_at_its_place) {
  for (const Shape& x : sizes)
    for (const ImageNetConfig& config : configs()) {
      const std::vector<DecoderOutput> params = {
          {"scale", {}}, {"loc", x}, {"weights", {3, 2}}, {"logits", Shape{5} + x}};
      const ImageUp net(config, 2, x, params, Rng(1));
      const Tensor z = Rng(2).normal({1, 3, 2})[0], without = net.forward(z);
      ASSERT_EQ(without.sizes().vec(), (Shape{3, numel(params)})) << to_string(x);
      const Tensor bias = arange(numel(params), zeros({}));
      net.output_bias().detach().copy_(bias);
      EXPECT_LT((net.forward(z) - without - bias).abs().max().item<float>(), 1e-2) << to_string(x);
      EXPECT_FALSE(without[0].equal(without[1])) << to_string(x);
    }
}

// A shift of the image by a whole step of the innermost maps shifts the output: what is a map is one by its place.
TEST(ImageUp, gives_neighbouring_values_to_neighbouring_places) {
  const Shape x = {1, 16, 16};
  ImageNetConfig config{.channels = {8}, .hidden = {}};
  config.activation = "identity";
  const ImageUp net(config, 64 * 8, x, {{"loc", x}}, Rng(1));
  for (const auto& [name, t] : net.named_parameters())
    if (name == "spread.weight")
      t.detach().copy_((arange(64 * 8, t.detach()).unsqueeze(1) == arange(64 * 8, t.detach())).to(t.scalar_type()));
  const auto shown = [&](int64_t row, int64_t column) {
    Tensor z = zeros({1, 8, 8, 8});
    z.select(2, row).select(2, column).fill_(1);
    return net.forward(z.view({1, -1})).view({16, 16});
  };
  const Tensor here = shown(3, 3), there = shown(4, 5);
  EXPECT_GT(here.abs().max().item<float>(), 0);
  EXPECT_LT((here.slice(0, 0, 14).slice(1, 0, 12) - there.slice(0, 2, 16).slice(1, 4, 16)).abs().max().item<float>(),
            1e-6);
}

TEST(ImageUp, gives_256_levels_without_a_weight_for_each_pixel_and_unit) {
  const Shape x = {1, 28, 28};
  const ImageUp net(ImageNetConfig{}, 20, x, {{"logits", Shape{256} + x}}, Rng(1));
  int64_t numbers = 0;
  for (const auto& [name, t] : net.named_parameters()) numbers += t.numel();
  EXPECT_LT(numbers, 1200000);
}

TEST(ImageNetworks, refuse_vectors_and_likelihoods_without_maps) {
  EXPECT_THROW(ImageDown(ImageNetConfig{}, {12}, Rng(1)), UserError);
  EXPECT_THROW(ImageUp(ImageNetConfig{}, 2, {1, 8, 8}, {{"rate", {5}}}, Rng(1)), UserError);
}

}  // namespace
}  // namespace elbo::nn
