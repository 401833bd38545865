// The estimator of Kingma & Welling (2014), appendix D, on the linear model, where p(x) is known.
#include "evaluate/metrics/marginal.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/ppca.hpp"

namespace elbo::host {
namespace {

using testing::doubles, testing::item, testing::ppca::Fed;

// q = p(z|x): q / p(x, z) is 1 / p(x) for every draw.
TEST(Marginal, WithThePosteriorItselfTheEstimateIsExact) {
  Rng rng(1);
  const Pass pass = forward(testing::ppca::optimum(), testing::ppca::batch(), observation::Scoring::direct, 5, rng);
  const Tensor estimate = reciprocal_estimate(pass.log_q, pass.log_lik + pass.log_prior);
  EXPECT_LT(item((estimate - doubles(testing::ppca::log_px, {6})).abs().max()), 1e-9);
}

TEST(Marginal, TheFittedNormalHasTheMomentsOfTheDraws) {
  const Tensor draws =
      doubles({0, 0, 2, 0, 0, 4, 2, 4}, {4, 1, 2});  // mean (1, 2), variances 4/3 and 16/3, no covariance
  const double log_p = item(fitted_normal_log_prob(draws, doubles({1, 2}, {1, 1, 2})));
  EXPECT_NEAR(log_p, -std::log(2 * M_PI) - 0.5 * std::log(4.0 / 3 * 16 / 3), 1e-9);
  const double off = item(fitted_normal_log_prob(draws, doubles({2, 2}, {1, 1, 2})));
  EXPECT_NEAR(off - log_p, -0.5 / (4.0 / 3), 1e-9);
}

// 1,000 draws: the fit is off by about J / L in divergence, 0.002 nat.
TEST(Marginal, HmcAndAFitComeToTheEvidenceOfTheLinearModel) {
  for (const bool from_prior : {false, true}) {
    Fed fed;
    const MarginalSettings settings{.samples = 1000, .burn_in = 60, .from_prior = from_prior};
    const auto each = marginal_log_likelihood(fed.model, fed.source, Part::test, 6, settings, Rng(1), [](double) {});
    for (size_t i = 0; i < 6; ++i)
      EXPECT_NEAR(each[i], testing::ppca::log_px[i], 0.02) << i << (from_prior ? " from the prior" : "");
  }
}

TEST(Marginal, TooFewSamplesForTheDimensionsAreRefused) {
  Fed fed;
  EXPECT_THROW(marginal_log_likelihood(fed.model, fed.source, Part::test, 6, {.samples = 5}, Rng(1), [](double) {}),
               UserError);
}

}  // namespace
}  // namespace elbo::host
