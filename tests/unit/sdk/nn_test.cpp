// What networks begin with.
#include <gtest/gtest.h>

#include <cmath>

#include <elbo/coders.hpp>
#include <elbo/networks.hpp>
#include <elbo/tensor.hpp>

namespace elbo::nn {
namespace {

TEST(Init, WeightsHaveTheVarianceOfTheirDistribution) {
  const int64_t in = 300, out = 200;
  const auto variance = [&](const std::string& init) {
    return Linear(in, out, Rng(1), init).weight().detach().square().mean().item<double>();
  };
  EXPECT_NEAR(variance("he") * in, 2, 0.05);
  EXPECT_NEAR(variance("lecun") * in, 1, 0.025);
  EXPECT_NEAR(variance("fan_in") * in, 1, 0.025);
  EXPECT_EQ(output_init("fan_in"), "glorot");
  EXPECT_EQ(output_init("he"), "lecun");
  EXPECT_NEAR(variance("glorot") * (in + out), 2, 0.05);
  EXPECT_NEAR(variance("pytorch") * in, 1.0 / 3, 0.01);
}

TEST(Init, BiasesAreSpreadByFanInAndPytorchAlone) {
  for (const std::string init : {"he", "lecun", "glorot"})
    EXPECT_EQ(Linear(9, 50, Rng(1), init).bias().detach().abs().max().item<double>(), 0) << init;
  for (const std::string init : {"fan_in", "pytorch"}) {
    const Tensor bias = Linear(9, 5000, Rng(1), init).bias().detach();
    EXPECT_NEAR(bias.square().mean().item<double>() * 9, 1.0 / 3, 0.02) << init;
    EXPECT_LE(bias.abs().max().item<double>(), 1.0 / 3) << init;
  }
}

TEST(Init, AnotherNameIsRefused) { EXPECT_THROW(Linear(2, 3, Rng(1), "xavier"), UserError); }

TEST(Init, HiddenLayersKeepTheirSize) {
  const Tensor x = Rng(2).normal({1, 2000, 100})[0];
  const Tensor deep =
      Mlp(100, MlpConfig{.hidden = {300, 300, 300, 300}, .activation = "relu", .init = "he"}, Rng(3)).forward(x);
  EXPECT_NEAR(deep.square().mean().item<double>(), 1, 0.3) << "he makes up for what each relu cuts off";
}

TEST(Init, APosteriorBeginsWithOneScaleForAllData) {
  const PosteriorConfig config{.initial_log_scale = -2.5};
  const PosteriorHead head(config, 20, 3, Rng(4));
  const auto distribution = head.posterior(Rng(5).normal({1, 7, 20})[0])->diagonal_normal();
  ASSERT_TRUE(distribution);
  EXPECT_NEAR((distribution->log_scale + 2.5).abs().max().item<double>(), 0, 0.02);
  EXPECT_GT(distribution->mean.std().item<double>(), 0.3);
}

}  // namespace
}  // namespace elbo::nn
