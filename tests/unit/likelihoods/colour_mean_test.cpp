// The mean of a colour mixture is exact for red; for green and blue the locations stand for what they follow.
#include <gtest/gtest.h>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

TEST(DiscretizedLogisticMixture, MeansAreThoseOfDrawsInRedAndNearThemInGreenAndBlue) {
  constexpr int64_t draws = 4000, pixels = 16;
  const auto mixture =
      make_likelihood("discretized_logistic_mixture", {.shape = {3, 4, 4}, .support = Support::levels, .levels = 256},
                      {{"components", int64_t{3}}});
  Tensor raw = varied_raw(*mixture, 1, 1);
  raw.narrow(2, (3 + 9) * pixels, 9 * pixels).sub_(2.5);  // the logs of the scales: some tens of levels
  Rng rng = Rng(5).like(raw);
  const Tensor mean = mixture->mean(theta_of(*mixture, raw))[0][0];
  const Tensor x = mixture->sample(theta_of(*mixture, raw.expand({1, draws, -1}).contiguous()), rng)[0];
  const Tensor off = (x.mean(0) - mean).abs(), error = x.std(0) / std::sqrt(static_cast<double>(draws));
  EXPECT_LT((off / error)[0].max().item<double>(), 5) << "red, in standard errors";
  EXPECT_LT(off.max().item<double>(), 10) << "green and blue, in levels of 256";
  EXPECT_LT(off.mean().item<double>(), 2);
}

}  // namespace
}  // namespace elbo::host::testing
