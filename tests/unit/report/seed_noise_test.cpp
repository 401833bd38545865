#include "report/statistics/seed_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "report/statistics/statistics.hpp"

namespace elbo::host::report {
namespace {

using Layout = std::vector<std::vector<double>>;
using nlohmann::json;

const json decision_vectors = json::parse(std::ifstream(ELBO_SOURCE_DIR "/tests/vectors/decisions.json"));

TEST(SeedNoise, TheInverseOfTrigamma) {
  for (const json& row : decision_vectors["trigamma_inverse"])
    EXPECT_NEAR(trigamma_inverse(row["x"]), row["y"].get<double>(), 1e-8 * row["y"].get<double>());
}

TEST(SeedNoise, ThePriorIsThatOfLimmaWithFewerDegreesOfFreedom) {
  for (const json& row : decision_vectors["fit_prior"]) {
    const std::vector<double> variances = row["s2"];
    const VariancePrior prior = fit_prior(variances, row["df"]);
    if (row["d0"].is_null()) EXPECT_TRUE(std::isinf(prior.estimated_freedom));
    else EXPECT_NEAR(prior.estimated_freedom, row["d0"], 1e-5);
    EXPECT_NEAR(prior.freedom, row["d0_used"], 1e-5);
    EXPECT_NEAR(prior.variance, row["s0sq_used"], 1e-5);
  }
}

/// The worked example: 6 variants, 4 seeds, 1000 test data.
class WorkedExample : public ::testing::Test {
 protected:
  const json example_ = decision_vectors["moderated_example"];
  const Layout x_ = example_["x"];
  const SeedNoise noise_ = seed_noise(x_);
  const double data_ = example_["N"];

  MeanError with_images(MeanError error, size_t a, size_t b) const {
    const double sd = example_["image_sd_of_pair_differences"][a][b];
    error.images = sd * sd / data_;
    error.images_freedom = data_ - 1;
    return error;
  }
};

TEST_F(WorkedExample, SeedsAreBlocksAndVariancesAreDrawnTogether) {
  for (size_t v = 0; v < 6; ++v) {
    EXPECT_NEAR(noise_.mean_squares[v], example_["block_mean_squares"][v], 1e-7);
    EXPECT_NEAR(noise_.variances[v], example_["moderated"][v], 1e-6);
  }
  EXPECT_NEAR(noise_.prior.estimated_freedom, example_["d0_estimated"], 1e-5);
  EXPECT_NEAR(noise_.prior.freedom, example_["d0_used"], 1e-5);
  EXPECT_NEAR(noise_.prior.variance, example_["s0sq"], 1e-7);
  EXPECT_EQ(noise_.freedom, 3);
}

TEST_F(WorkedExample, EveryPairAndTheBest) {
  std::vector<double> p, two_quantiles;
  std::vector<Contrast> contrasts;
  for (const json& pair : example_["pairs"]) {
    const size_t a = pair["a"], b = pair["b"];
    const double difference = mean(x_[a]) - mean(x_[b]);
    EXPECT_NEAR(difference, pair["diff"], 1e-9);
    const MeanError error = with_images(error_of_moderated_seeds(noise_, a, b), a, b);
    EXPECT_NEAR(error.images, pair["image_var"], 1e-9);
    EXPECT_NEAR(error.standard_error(), pair["se"], 1e-7);
    EXPECT_NEAR(error.freedom(), pair["df"].get<double>(), 1e-4);
    const double expected = pair["p"];
    p.push_back(difference_with(difference, error).p);
    EXPECT_NEAR(p.back(), expected, 1e-5 * expected);
    std::vector<double> by_seed = x_[a];
    for (size_t s = 0; s < by_seed.size(); ++s) by_seed[s] -= x_[b][s];
    MeanError alone = with_images(error_of_paired_seeds(by_seed), a, b);
    alone.images_freedom = std::numeric_limits<double>::infinity();  // the vector takes the test data's part for known
    const double expected_alone = pair["p_paired_two_quantiles"];
    EXPECT_NEAR(difference_with(difference, alone).p, expected_alone, 1e-5 * expected_alone);
    contrasts.push_back({difference > 0 ? a : b, difference > 0 ? b : a, std::abs(difference), error});
  }
  const auto adjusted = holm(p);
  for (size_t i = 0; i < p.size(); ++i) {
    const double expected = example_["pairs"][i]["holm"];
    EXPECT_NEAR(adjusted[i], expected, 1e-5 * expected);
  }
  const auto best = compare_with_best(6, contrasts);
  for (size_t v = 0; v < 6; ++v) {
    const double expected = example_["mcb_p_not_best"][v];
    EXPECT_NEAR(best[v].p, expected, 1e-5 * expected + 1e-14) << v;  // the vector's zero is 1 - cdf
    EXPECT_EQ(best[v].may_be_best(), expected >= 0.05);
    EXPECT_LE(best[v].from_best_other.low, 0);
    EXPECT_GE(best[v].from_best_other.high, 0);
    EXPECT_EQ(best[v].from_best_other.high > 0, best[v].may_be_best()) << v;
  }
}

TEST(SeedNoise, WhatASeedDoesToAllIsTakenOff) {
  Layout x = {{1, 2, 4}, {1.1, 2.3, 3.9}, {0.7, 2.1, 4.4}, {1.4, 2.2, 4.1}};
  const SeedNoise before = seed_noise(x);
  for (auto& row : x) row[1] += 100, row[2] -= 40;
  const SeedNoise after = seed_noise(x);
  for (size_t v = 0; v < x.size(); ++v) EXPECT_NEAR(after.mean_squares[v], before.mean_squares[v], 1e-9);
  EXPECT_GT(after.block_ratio, 100 * before.block_ratio);
}

TEST(SeedNoise, OfCopiesIsZero) {
  const SeedNoise noise = seed_noise(Layout(6, std::vector<double>(3, -101.3)));
  EXPECT_TRUE(noise.is_zero);
  EXPECT_EQ(error_of_moderated_seeds(noise, 0, 1).seeds, 0);
}

TEST(SeedNoise, OfAnotherSizeIsNotDrawnTogetherWhereSeedsAreFew) {
  Layout x = {{0, 1, -1}, {1, 0, -1}, {1, -1, 0}, {-1, 0, 1}, {0.5, -1, 0.5}, {-100, 20, 60}};
  const SeedNoise three = seed_noise(x);
  EXPECT_TRUE(three.differs[5]);
  EXPECT_FALSE(three.differs[0]);
  EXPECT_FALSE(is_moderated(three, 0, 5));
  EXPECT_TRUE(is_moderated(three, 0, 1));
  for (auto& row : x) row.insert(row.end(), {row[1], row[2]});
  EXPECT_TRUE(is_moderated(seed_noise(x), 0, 5));  // five seeds tell their own
}

TEST(SeedNoise, UnpairedSeedsAreWelchsWithFewDegreesOfFreedom) {
  // Means 1, 2, 3 (variance 1, n 3) and 0, 4 (variance 8, n 2): error^2 = 1/3 + 4
  const std::vector<double> a = {1, 2, 3}, b = {0, 4};
  const MeanError error = error_of_unpaired_seeds(a, b);
  EXPECT_NEAR(error.seeds, 1.0 / 3 + 4, 1e-12);
  EXPECT_NEAR(error.seeds_freedom, std::pow(1.0 / 3 + 4, 2) / (1.0 / 9 / 2 + 16.0), 1e-12);
  const std::vector<double> eight = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(error_of_unpaired_seeds(eight, eight).seeds_freedom, 9);  // Welch's are 14
}

TEST(SeedNoise, ARunFarFromTheOthersIsNamedAndOthersAreNot) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal;
  int named = 0, wrongly = 0;
  for (int r = 0; r < 400; ++r) {
    Layout x(12, std::vector<double>(5));
    for (auto& row : x)
      for (double& value : row) value = normal(random);
    wrongly += !odd_runs(x, seed_noise(x)).empty();
    x[7][2] -= 12;
    for (const OddRun& odd : odd_runs(x, seed_noise(x))) named += odd.variant == 7 && odd.seed == 2;
  }
  EXPECT_GE(named, 380);   // of 400
  EXPECT_LE(wrongly, 44);  // 20 expected at 5 %, standard deviation 4.4
}

TEST(Best, OfTwoIsThePairsOwnTest) {
  const MeanError error{.images = 1};
  EXPECT_NEAR(compare_with_best(2, {{0, 1, 1.7, error}})[1].p, difference_with(1.7, error).p, 1e-12);
  EXPECT_TRUE(compare_with_best(2, {{0, 1, 1.7, error}})[1].may_be_best());
}

TEST(Best, APairThatProvesNothingLeavesBothPossible) {
  const MeanError error{.images = 1};
  const auto claims = compare_with_best(3, {{0, 1, 50, error}, {0, 2, 50, error, false}, {1, 2, 0.1, error}});
  EXPECT_TRUE(claims[0].may_be_best());
  EXPECT_FALSE(claims[1].may_be_best());
  EXPECT_TRUE(claims[2].may_be_best());
  EXPECT_TRUE(std::isinf(claims[2].from_best_other.low));
}

}  // namespace
}  // namespace elbo::host::report
