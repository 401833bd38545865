#include <elbo/objective_parts.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::doubles, testing::item;

TEST(Regularizers, FreeBitsTakeTheBatchMeanInsideTheMaximum) {
  const Tensor kl = doubles({0.1, 2, 0.7, 4}, {2, 2});  // means 0.4 and 3
  EXPECT_NEAR(item(floored_kl(kl, 0.5, false)), 0.5 + 3, 1e-12);
  const Tensor each = floored_kl(kl, 0.5, true);
  EXPECT_NEAR(item(each.select(0, 0)), 0.5 + 2, 1e-12);
  EXPECT_NEAR(item(each.select(0, 1)), 0.7 + 4, 1e-12);
}

// A floored dimension must not be pushed on.
TEST(Regularizers, DimensionsBelowTheFloorHaveNoGradient) {
  Tensor kl = doubles({0.1, 2, 0.7, 4}, {2, 2}).requires_grad_(true);
  floored_kl(kl, 0.5, false).backward();
  EXPECT_TRUE(kl.grad().equal(doubles({0, 0.5, 0, 0.5}, {2, 2})));
}

// Four factorised normals in two dimensions whose mixture q(z) was integrated to ten digits elsewhere.
class FourPoints : public ::testing::Test {
 protected:
  const Tensor mean = doubles({1, .5, -1, .2, .3, -1.2, .5, 1}, {4, 2});
  const Tensor scale = doubles({.5, .8, .6, .4, .9, .5, .4, .7}, {4, 2});
  const Model model = testing::make_model(testing::choice("encoder", "linear"), testing::choice("decoder", "linear"),
                                          testing::choice("likelihood", "gaussian"), {{3}, Support::real, 0}, 2);

  /// Means of the three parts over all ordered batches of `size` different points, 100,000 samples each.
  std::array<double, 3> means(int64_t size, const std::string& estimator) const {
    std::vector<int64_t> order = {0, 1, 2, 3};
    std::array<double, 3> sums = {};
    int count = 0;
    do {
      const Tensor ids = doubles({order.begin(), order.end()}, {4}).to(at::kLong).narrow(0, 0, size);
      const DiagonalNormalParams q{mean.index_select(0, ids), scale.index_select(0, ids).log()};
      Rng rng = Rng(7).fork("z", static_cast<uint64_t>(count));
      const Tensor z = q.mean + q.log_scale.exp() * rng.like(mean).normal({20000, size, 2});
      const KlParts parts = kl_parts(z, q, *model.prior, 4, estimator);
      sums[0] += item(parts.mutual_information), sums[1] += item(parts.total_correlation),
          sums[2] += item(parts.dimension_kl);
      ++count;
    } while (std::next_permutation(order.begin(), order.end()));
    for (double& s : sums) s /= count;
    return sums;
  }
};

constexpr double log_q_x = 0.9217814356 - 2.65593839;  // E log q(z|x) = I(x; z) + E log q(z)
constexpr double kl_of_mean = 1.1274701149;            // the three parts sum to the mean KL under every estimator

// 480,000 correlated samples: standard errors are below 0.002; 0.01 is five of them.
TEST_F(FourPoints, StratifiedWeightsGiveTheirExpectationForBatchesOfTwoThreeAndFour) {
  for (const auto& [size, log_q, log_q_dims] :
       {std::array{4.0, -2.67125727, -2.78495988}, {3.0, -2.70845885, -2.85528736}, {2.0, -2.78497917, -3.05813565}}) {
    const auto [mi, tc, dimension] = means(static_cast<int64_t>(size), "stratified");
    EXPECT_NEAR(mi, log_q_x - log_q, 0.01) << size;
    EXPECT_NEAR(tc, log_q - log_q_dims, 0.01) << size;
    EXPECT_NEAR(mi + tc + dimension, kl_of_mean, 0.01) << size;
  }
}

TEST_F(FourPoints, MinibatchWeightsOverAllDataAreLowByTheLogOfTheirNumber) {
  const auto [mi, tc, dimension] = means(4, "weighted");
  EXPECT_NEAR(mi, 0.9217814356 + std::log(4), 0.01);
  EXPECT_NEAR(tc, 0.0980195577 + std::log(4), 0.01);
  EXPECT_NEAR(dimension, 0.1076691215 - 2 * std::log(4), 0.01);
}

TEST_F(FourPoints, ABatchOfOneStillDecomposes) {
  const DiagonalNormalParams q{mean.narrow(0, 0, 1), scale.narrow(0, 0, 1).log()};
  const KlParts parts = kl_parts(q.mean.unsqueeze(0), q, *model.prior, 4, "stratified");
  EXPECT_NEAR(item(parts.mutual_information), 0, 1e-12);
  EXPECT_NEAR(item(parts.total_correlation), 0, 1e-12);
}

// N(mu, s^2 I) against N(0, I), closed form: J = 2, h^2 = 2, mu = 0, s^2 = .25 gives 0.0692307692308.
// The V-statistic of n samples on each side is high by (2/n)(1 - (1 + 2/h^2)^(-J/2)), less for the narrower distribution.
TEST(Regularizers, MmdIsThatOfItsClosedForm) {
  Rng rng(3);
  const Tensor like = zeros(Shape{1}).to(at::kDouble);
  const Tensor a = 0.5 * rng.like(like).normal({1, 4000, 2}).squeeze(0),
               b = Rng(4).like(like).normal({1, 4000, 2}).squeeze(0);
  const double bias = (1 - 1 / (1 + 2 * 0.25 / 2)) / 4000 + (1 - 1 / 2.0) / 4000;
  EXPECT_NEAR(item(mmd_squared(a, b, "rbf")) - bias, 0.0692307692308, 0.006);
  EXPECT_NEAR(item(mmd_squared(a, a, "rbf")), 0, 1e-12);
  EXPECT_NEAR(item(mmd_squared(a, a, "imq")), 0, 1e-12);
  EXPECT_GT(item(mmd_squared(a, b, "imq")), 0.01);
}

TEST(Regularizers, TheInverseMultiquadricIsAsWritten) {
  const Tensor a = doubles({0, 0}, {1, 2}), b = doubles({1, 1}, {1, 2});  // d^2 = 2, 2L = 4
  EXPECT_NEAR(item(mmd_squared(a, b, "imq")), 2 - 2 * 4.0 / 6.0, 1e-12);
}

}  // namespace
}  // namespace elbo::host
