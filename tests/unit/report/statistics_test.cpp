#include "report/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace elbo::report {
namespace {

// Quantiles from tables: t(0.975; 2) = 4.302653, t(0.975; 4) = 2.776445, z(0.975) = 1.959964.

TEST(Statistics, MeanAndVariance) {
  const std::vector<double> v = {1, 2, 3, 6};
  EXPECT_DOUBLE_EQ(mean(v), 3);
  EXPECT_DOUBLE_EQ(sample_variance(v), (4 + 1 + 0 + 9) / 3.0);
  EXPECT_TRUE(std::isnan(sample_variance(std::vector<double>{1})));
  EXPECT_TRUE(std::isnan(mean({})));
}

TEST(Statistics, OverImagesIsStudentsT) {
  const std::vector<double> d = {1, 2, 3,
                                 6};  // sd^2 = 14/3, standard error sqrt(14/12); t(0.975; 3) = 3.182446305284263
  const Difference r = over_images(d);
  EXPECT_DOUBLE_EQ(r.mean, 3);
  EXPECT_NEAR(r.standard_error, 1.0801234497346435, 1e-15);
  EXPECT_NEAR(r.interval.low, 3 - 3.182446305284263 * 1.0801234497346435, 1e-11);
  EXPECT_NEAR(r.interval.high, 3 + 3.182446305284263 * 1.0801234497346435, 1e-11);
  EXPECT_EQ(r.degrees_of_freedom, 3);
  EXPECT_NEAR(r.p, with_t(3, r.standard_error, 3).p, 1e-15);
}

TEST(Statistics, OneImageHasNoError) {
  const Difference r = over_images(std::vector<double>{2.5});
  EXPECT_DOUBLE_EQ(r.mean, 2.5);
  EXPECT_TRUE(std::isnan(r.standard_error));
  EXPECT_TRUE(std::isnan(r.p));
}

TEST(Statistics, EqualValuesAreCertain) {
  EXPECT_EQ(over_images(std::vector<double>{2, 2, 2}).p, 0);
  EXPECT_EQ(over_images(std::vector<double>{0, 0, 0}).p, 1);
}

TEST(Statistics, StudentsT) {
  const Difference r = with_t(1, 0.5, 4);
  EXPECT_NEAR(r.interval.low, 1 - 2.7764451051977987 * 0.5, 1e-12);
  EXPECT_NEAR(r.interval.high, 1 + 2.7764451051977987 * 0.5, 1e-12);
  EXPECT_NEAR(with_t(4.302652729749464, 1, 2).p, 0.05, 1e-12);
}

TEST(Statistics, AnAdditiveLayoutHasNoResidual) {
  // d = seed effect {-1, 0, 1} + image effect {-3, 3} + 10
  EXPECT_NEAR(residual_variance({{6, 12}, {7, 13}, {8, 14}}), 0, 1e-12);
  // Rows differ by nothing, columns by nothing, cells by +-1: residual 4 / ((2-1)(2-1)) = 4
  EXPECT_DOUBLE_EQ(residual_variance({{1, -1}, {-1, 1}}), 4);
  EXPECT_EQ(residual_variance({{1, 5}}), 0);
}

// How often a claim is wrong, by simulation with a fixed seed. Each count has the binomial distribution; the bounds are exceeded with
// probability below 1e-6 under another seed.
class ErrorRates : public ::testing::Test {
 protected:
  static constexpr int repeats = 4000;

  Difference of_noise(size_t data) {
    std::vector<double> d(data);
    for (double& x : d) x = normal_(random_);
    return over_images(d);
  }

  std::mt19937_64 random_{20};
  std::normal_distribution<double> normal_;
};

TEST_F(ErrorRates, HolmKeepsTheFamilyAtFivePercent) {
  int families = 0;
  for (int r = 0; r < repeats; ++r) {
    std::vector<double> p;
    for (int k = 0; k < 6; ++k) p.push_back(of_noise(50).p);
    const auto adjusted = holm(p);
    families += *std::min_element(adjusted.begin(), adjusted.end()) < 0.05;
  }
  EXPECT_LE(families, 265);  // 200 expected at 5 %, standard deviation 13.8
  EXPECT_GE(families, 140);
}

// With normal quantiles, it would be 30 % of 2 data and 12 % of 5.
TEST_F(ErrorRates, OfVeryFewDataACheckpointIsCalledBetterByChanceInAtMostFivePercent) {
  for (const size_t data : {2, 3, 5, 10}) {
    int claims = 0;
    for (int r = 0; r < repeats; ++r) claims += of_noise(data).p < 0.05;
    EXPECT_LE(claims, 265) << data;
    EXPECT_GE(claims, 140) << data;
  }
}

TEST(Statistics, HolmStepsDown) {
  // Sorted 0.01 0.02 0.03 0.2 times 4 3 2 1 = 0.04 0.06 0.06 0.2, never falling
  const auto p = holm({0.03, 0.01, 0.2, 0.02});
  ASSERT_EQ(p.size(), 4u);
  EXPECT_DOUBLE_EQ(p[0], 0.06);
  EXPECT_DOUBLE_EQ(p[1], 0.04);
  EXPECT_DOUBLE_EQ(p[2], 0.2);
  EXPECT_DOUBLE_EQ(p[3], 0.06);
}

TEST(Statistics, HolmEndsAtOneAndCountsTheUnknown) {
  const auto p = holm({0.4, std::nan(""), 0.6});
  EXPECT_DOUBLE_EQ(p[0], 1);
  EXPECT_TRUE(std::isnan(p[1]));
  EXPECT_DOUBLE_EQ(p[2], 1);
  EXPECT_TRUE(holm({}).empty());
}

}  // namespace
}  // namespace elbo::report
