// Annealed importance sampling where log p(x) is known.
#include "evaluate/metrics/ais.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/ppca.hpp"

namespace elbo::host {
namespace {

using testing::doubles, testing::item, testing::ppca::Fed, testing::ppca::no_tick;

TEST(Ais, TemperaturesRiseFromZeroToOne) {
  const auto b = temperatures(10);
  ASSERT_EQ(b.size(), 11u);
  EXPECT_EQ(b.front(), 0);
  EXPECT_EQ(b.back(), 1);
  for (size_t t = 1; t < b.size(); ++t) EXPECT_LT(b[t - 1], b[t]);
  EXPECT_NEAR(b[5], 0.5, 1e-12);
}

// The linear model: within 0.01 nat of the exact log p(x), from the prior on. One chain is off by 0.35 nat, so 500 of each of 6 data
// leave a standard error of 0.0065; the seed is fixed.
TEST(Ais, TheLinearModelIsExactWithinAHundredthOfANat) {
  Fed fed;
  const AisSettings settings{.temperatures = 1000, .chains = 500, .leapfrog_steps = 4, .start = "prior"};
  const AisResult r = annealed(fed.model, fed.source, 6, settings, Rng(1), no_tick);
  EXPECT_NEAR(mean_of(r.log_px), testing::ppca::mean_log_px, 0.01);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(r.log_px[i], testing::ppca::log_px[i], 0.05) << i;
  EXPECT_NEAR(mean_of(r.simulated_upper), mean_of(r.simulated_lower), 0.02);
}

// The exact posterior as a start leaves nothing to anneal: every weight is p(x).
TEST(Ais, FromTheExactPosteriorEveryWeightIsTheEvidence) {
  Fed fed;
  const AisResult r =
      annealed(fed.model, fed.source, 6, {.temperatures = 5, .chains = 2, .leapfrog_steps = 2}, Rng(1), no_tick);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(r.log_px[i], testing::ppca::log_px[i], 1e-8);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(r.simulated_lower[i], r.simulated_upper[i], 1e-8);
}

/// N(0, 1) and x|z ~ N(z, 0.1^2) of one data point x = 1.5: log p(x) = log N(1.5; 0, 1.01).
AisPath narrow_path(int64_t chains, uint64_t seed) {
  AisPath path;
  path.log_start = [](const Tensor& z) { return -0.5 * z.square().sum(2) - 0.5 * std::log(2 * M_PI); };
  path.log_joint = [start = path.log_start](const Tensor& z) {
    return start(z) - 50 * (1.5 - z).square().sum(2) - 0.5 * std::log(2 * M_PI) - std::log(0.1);
  };
  path.start = Rng(seed).like(zeros(Shape{1}).to(at::kDouble)).normal({chains, 1, 1});
  return path;
}

// E[w] = p(x) and E[1/w] = 1/p(x) hold however short the path is; 4,000 chains, 4.5 standard errors.
TEST(Ais, ForwardWeightsAreUnbiasedAndReverseOnesToo) {
  const double exact = -0.5 * std::log(2 * M_PI * 1.01) - 0.5 * 1.5 * 1.5 / 1.01;
  const AisSettings settings{.temperatures = 150, .chains = 4000, .leapfrog_steps = 5};
  const AisPath path = narrow_path(4000, 1);
  const auto steps = pilot(path, settings, Rng(2));
  const Tensor w = (forward_log_weights(path, steps, settings, Rng(3)) - exact).exp();
  EXPECT_NEAR(item(w.mean()), 1, 4.5 * item(w.std()) / std::sqrt(4000.0));
  const Tensor posterior = 1.5 / 1.01 + std::sqrt(0.01 / 1.01) * Rng(4).like(path.start).normal({4000, 1, 1});
  const Tensor inverse = (exact - reverse_log_weights(path, posterior, steps, settings, Rng(5))).exp();
  EXPECT_NEAR(item(inverse.mean()), 1, 4.5 * item(inverse.std()) / std::sqrt(4000.0));
}

TEST(Ais, ThePilotFindsTheAcceptanceAndItsStepsShrinkWithTheLaw) {
  const AisSettings settings{.temperatures = 200, .chains = 200, .leapfrog_steps = 5};
  const AisPath path = narrow_path(200, 1);
  const auto steps = pilot(path, settings, Rng(2));
  ASSERT_EQ(steps.size(), 200u);
  EXPECT_LT(item(steps.back()), 0.5 * item(steps.front()));
  Tensor acceptance;
  forward_log_weights(path, steps, settings, Rng(3), &acceptance);
  EXPECT_NEAR(item(acceptance), 0.65, 0.15);
}

// Data in other company have the same weights: noise and step sizes are each data point's own.
TEST(Ais, ResultsDoNotDependOnTheBatch) {
  Fed fed;
  const AisSettings settings{.temperatures = 30, .chains = 3, .leapfrog_steps = 3, .start = "prior"};
  const AisResult all = annealed(fed.model, fed.source, 6, settings, Rng(1), no_tick);
  const AisResult first = annealed(fed.model, fed.source, 2, settings, Rng(1), no_tick);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(first.log_px[i], all.log_px[i], 1e-9);
    EXPECT_NEAR(first.simulated_upper[i], all.simulated_upper[i], 1e-9);
  }
}

TEST(Ais, ParametersKeepTheirGradientsAndWantThemAgain) {
  Fed fed;
  annealed(fed.model, fed.source, 1, {.temperatures = 3, .chains = 2, .leapfrog_steps = 1}, Rng(1), no_tick);
  for (const auto& [name, t] : fed.model.named_parameters()) {
    EXPECT_TRUE(t.requires_grad()) << name;
    EXPECT_FALSE(t.grad().defined()) << name;
  }
}

}  // namespace
}  // namespace elbo::host
