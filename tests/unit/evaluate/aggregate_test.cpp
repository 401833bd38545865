// Four factorised normals in two dimensions whose mixture was integrated to ten digits elsewhere.
#include "evaluate/metrics/aggregate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::doubles;

// 80,000 draws: standard errors are below 0.004.
TEST(Aggregate, ThePartsOfTheKlAreThoseOfQuadrature) {
  const Tensor mean = doubles({1, .5, -1, .2, .3, -1.2, .5, 1}, {4, 2}),
               scale = doubles({.5, .8, .6, .4, .9, .5, .4, .7}, {4, 2});
  const Model model = testing::make_model(testing::choice("encoder", "linear"), testing::choice("decoder", "linear"),
                                          testing::choice("likelihood", "gaussian"), {{3}, Support::real, 0}, 2);
  const Tensor z = mean + scale * Rng(7).like(mean).normal({20000, 4, 2});
  const AggregateKl kl = aggregate_kl({mean, scale.log()}, z, *model.prior);
  EXPECT_EQ(kl.data, 4);
  EXPECT_NEAR(kl.mutual_information, .9217814356, 0.012);
  EXPECT_NEAR(kl.aggregate_kl, .2056886793, 0.012);
  EXPECT_NEAR(kl.total_correlation, .0980195577, 0.012);
  EXPECT_NEAR(kl.dimension_kl, .1076691215, 0.012);
  EXPECT_NEAR(kl.total_correlation + kl.dimension_kl, kl.aggregate_kl, 1e-10);
  EXPECT_LE(kl.mutual_information, std::log(4));
}

TEST(Aggregate, APosteriorThatIgnoresItsDatumCarriesNothing) {
  const Tensor mean = zeros({50, 3}).to(at::kDouble);
  const Model model = testing::make_model(testing::choice("encoder", "linear"), testing::choice("decoder", "linear"),
                                          testing::choice("likelihood", "gaussian"), {{3}, Support::real, 0}, 3);
  const AggregateKl kl = aggregate_kl({mean, mean}, Rng(7).like(mean).normal({10, 50, 3}), *model.prior);
  EXPECT_NEAR(kl.mutual_information, 0, 1e-12);
  EXPECT_NEAR(kl.aggregate_kl, 0, 1e-12);
  EXPECT_NEAR(kl.total_correlation, 0, 1e-12);
}

}  // namespace
}  // namespace elbo::host
