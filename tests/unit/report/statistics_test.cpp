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
  // d = seed effect {-1, 0, 1} + image effect {-3, 3} + 10: variances 1 and 18
  const VarianceSplit v = variance_split({{6, 12}, {7, 13}, {8, 14}});
  EXPECT_NEAR(v.seed, 1, 1e-12);
  EXPECT_NEAR(v.image, 18, 1e-12);
  EXPECT_NEAR(v.residual, 0, 1e-12);
}

TEST(Statistics, AResidualIsTakenOffTheOthers) {
  // Rows differ by nothing, columns by nothing, cells by +-1: residual 4 / ((2-1)(2-1)) = 4
  const VarianceSplit v = variance_split({{1, -1}, {-1, 1}});
  EXPECT_DOUBLE_EQ(v.residual, 4);
  EXPECT_EQ(v.seed, 0);
  EXPECT_EQ(v.image, 0);
}

TEST(Statistics, OverSeedsAndImagesAddsBoth) {
  // Means of seeds 9, 10, 11: variance 1 / 3 seeds; images 18 / 2.
  const Difference r = over_seeds_and_images({{6, 12}, {7, 13}, {8, 14}});
  const double error = std::sqrt(1.0 / 3 + 18.0 / 2);
  EXPECT_DOUBLE_EQ(r.mean, 10);
  EXPECT_NEAR(r.standard_error, error, 1e-12);
  EXPECT_NEAR(r.interval.high - r.mean, 4.302652729749464 * error, 1e-10);
}

TEST(Statistics, SeedsAloneGiveTheUsualT) {
  // The same on every image: t interval of 1, 2, 4 -> mean 7/3, sd sqrt(7/3)
  const Difference r = over_seeds_and_images({{1, 1}, {2, 2}, {4, 4}});
  EXPECT_NEAR(r.mean, 7.0 / 3, 1e-15);
  EXPECT_NEAR(r.standard_error, std::sqrt(7.0 / 3 / 3), 1e-12);
}

TEST(Statistics, WelchAgainstItsFormula) {
  // Means 1, 2, 3 (variance 1, n 3) and 0, 4 (variance 8, n 2): error^2 = 1/3 + 4, images add nothing
  const Difference r = welch_over_seeds_and_images({{1, 1}, {2, 2}, {3, 3}}, {{0, 0}, {4, 4}});
  const double parts = 1.0 / 3 + 4, freedom = parts * parts / (1.0 / 9 / 2 + 16.0 / 1);
  EXPECT_DOUBLE_EQ(r.mean, 0);
  EXPECT_NEAR(r.standard_error, std::sqrt(parts), 1e-12);
  EXPECT_NEAR(freedom, 1.1695, 1e-4);
  EXPECT_NEAR(r.interval.high, with_t(0, std::sqrt(parts), freedom).interval.high, 1e-9);
}

TEST(Statistics, EquivalenceIsTheLargerOfTwoOneSidedTests) {
  // normal: (0.1 - 0.02) / 0.02 = 4; t with 4 degrees of freedom: (1 - 0.5) / 0.1 = 5
  Difference d{.mean = -0.02, .standard_error = 0.02};
  EXPECT_NEAR(equivalence_p(d, 0.1), 3.167124183311986e-05, 1e-15);
  const double r = 25 / 7.25;  // of the law's closed form for 4 degrees of freedom
  EXPECT_NEAR(equivalence_p(with_t(0.5, 0.1, 4), 1), 0.5 - 0.375 * std::sqrt(r) * (1 - r / 12), 1e-12);
  d.mean = 0.2;  // outside
  EXPECT_GT(equivalence_p(d, 0.1), 0.5);
  EXPECT_EQ(equivalence_p(d, 0), 1);
  EXPECT_EQ(equivalence_p({.mean = 0}, 1), 1);  // one seed has no standard error
  EXPECT_EQ(equivalence_p(over_images(std::vector<double>{0.05, 0.05}), 0.1), 0);
}

// How often a claim is wrong, by simulation with a fixed seed: 4 seeds x 50 images, effects of seeds, images and cells. Each
// count has the binomial law given; the bounds are exceeded with probability below 1e-6 under another seed.
class ErrorRates : public ::testing::Test {
 protected:
  static constexpr int repeats = 4000;

  std::vector<std::vector<double>> differences(double mean, double seed_sd = 0.3) {
    std::normal_distribution<double> normal;
    std::vector<double> images(50);
    for (double& image : images) image = normal(random_);
    std::vector<std::vector<double>> d(4, std::vector<double>(50));
    for (auto& row : d) {
      const double seed = seed_sd * normal(random_);
      for (size_t i = 0; i < row.size(); ++i) row[i] = mean + seed + images[i] + 0.5 * normal(random_);
    }
    return d;
  }
  template <class Claim>
  int count(double mean, const Claim& claim) {
    int claims = 0;
    for (int r = 0; r < repeats; ++r) claims += claim(differences(mean));
    return claims;
  }

  std::mt19937_64 random_{20};
};

TEST_F(ErrorRates, AMethodIsCalledBetterByChanceInAtMostFivePercent) {
  const int claims = count(0, [](const auto& d) { return over_seeds_and_images(d).p < 0.05; });
  EXPECT_LE(claims, 265);  // of 4000: 200 expected at 5 %, sd 13.8
  EXPECT_GE(claims, 10);   // and the test is not dead
}

TEST_F(ErrorRates, CheckpointsAloneWouldCallTooMuchOfAMethod) {
  const int claims = count(0, [](const auto& d) {
    std::vector<double> means(d[0].size(), 0.0);
    for (const auto& row : d)
      for (size_t i = 0; i < means.size(); ++i) means[i] += row[i] / 4;
    return over_images(means).p < 0.05;
  });
  EXPECT_GT(claims, 265);  // the interval over images knows nothing of the seeds: why there are two
}

TEST_F(ErrorRates, EquivalenceAtItsVeryMarginIsClaimedInAtMostFivePercent) {
  const int claims = count(1.5, [](const auto& d) { return equivalence_p(over_seeds_and_images(d), 1.5) < 0.05; });
  EXPECT_LE(claims, 265);
  EXPECT_GE(claims, 10);
}

TEST_F(ErrorRates, HolmKeepsTheFamilyAtFivePercent) {
  int families = 0;
  for (int r = 0; r < repeats; ++r) {
    std::vector<double> p;
    for (int k = 0; k < 6; ++k) p.push_back(over_images(differences(0, 0)[0]).p);
    const auto adjusted = holm(p);
    families += *std::min_element(adjusted.begin(), adjusted.end()) < 0.05;
  }
  EXPECT_LE(families, 265);
}

// With normal quantiles, it would be 30 % of 2 data and 12 % of 5.
TEST_F(ErrorRates, OfVeryFewDataACheckpointIsCalledBetterByChanceInAtMostFivePercent) {
  std::normal_distribution<double> normal;
  for (const size_t data : {2, 3, 5, 10}) {
    int claims = 0;
    for (int r = 0; r < repeats; ++r) {
      std::vector<double> d(data);
      for (double& x : d) x = normal(random_);
      claims += over_images(d).p < 0.05;
    }
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
