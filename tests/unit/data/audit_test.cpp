#include "data/audit.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace elbo::data {
namespace {

Dataset dataset_of(Support support, Shape shape, std::vector<float> values, int64_t levels = 0) {
  Dataset dataset;
  dataset.name = "toy";
  dataset.shape = shape;
  dataset.support = support;
  dataset.levels = levels;
  const int64_t row = numel(shape);
  dataset.train.x = {Shape{static_cast<int64_t>(values.size()) / row} + shape, {}};
  if (support == Support::levels || support == Support::binary)
    dataset.train.x.values = std::vector<uint8_t>(values.begin(), values.end());
  else
    dataset.train.x.values = std::move(values);
  return dataset;
}

bool says(const std::vector<std::string>& sentences, const std::string& part) {
  for (const std::string& sentence : sentences)
    if (sentence.find(part) != std::string::npos) return true;
  return false;
}

TEST(Facts, OfLevels) {
  const DataFacts f = facts_of(dataset_of(Support::levels, {2}, {0, 255, 0, 10, 0, 35}, 256));
  EXPECT_EQ(f.data, 3);
  EXPECT_DOUBLE_EQ(f.zeros, 0.5);
  EXPECT_DOUBLE_EQ(f.tops, 1.0 / 6);
  EXPECT_DOUBLE_EQ(f.mean, 50);
  EXPECT_EQ(in_words(f), "toy: 3 x 2 values on 256 levels, 50.0 % exactly 0, 16.7 % exactly 255, mean 50");
}

TEST(Facts, TheEntropyOfBinaryDraws) {
  // One datum of p = 0, 1, 1/5 and one of 1/5, 0, 0
  const DataFacts f = facts_of(dataset_of(Support::levels, {3}, {0, 255, 51, 51, 0, 0}, 256));
  EXPECT_NEAR(f.draws_entropy, std::log(5) - 0.8 * std::log(4), 1e-12);
  EXPECT_NEAR(facts_of(dataset_of(Support::unit_interval, {2}, {0.5f, 1})).draws_entropy, std::log(2), 1e-12);
}

TEST(Clashes, SoftTargetsHaveAFloor) {
  DataFacts f{.name = "g", .support = Support::levels, .levels = 256};
  f.draws_entropy = 45.756802;
  const auto found = clashes(f, {.likelihood = "bernoulli", .support = Support::binary, .softened = true});
  EXPECT_TRUE(says(found, "bernoulli: its cross-entropy on grey values is a lower bound of the mean of log p(x) over binary draws"));
  EXPECT_TRUE(says(found, "above -45.76 nat a datum"));
}

TEST(Facts, OfCounts) {
  // Positions 1 1 4 and 0 0 3: means 2 and 1, variances 2 and 2
  const DataFacts f = facts_of(dataset_of(Support::counts, {2}, {1, 0, 1, 0, 4, 3}));
  EXPECT_DOUBLE_EQ(f.variance_to_mean, 2);  // the upper of 1 and 2
  EXPECT_DOUBLE_EQ(f.zeros, 2.0 / 6);
  EXPECT_DOUBLE_EQ(f.poisson_zeros, (std::exp(-2) + std::exp(-1)) / 2);
  EXPECT_NEAR(f.negative_binomial_zeros, (std::exp(-2) + 0.5) / 2, 1e-15);  // dispersion 1: (1 / 2)^1
  EXPECT_DOUBLE_EQ(f.least_total, 1);
  EXPECT_DOUBLE_EQ(f.most_total, 7);
  EXPECT_TRUE(f.whole);
}

TEST(Facts, OfRealValues) {
  const DataFacts f = facts_of(dataset_of(Support::real, {1}, {-1.5f, 0, 3}));
  EXPECT_FALSE(f.whole);
  EXPECT_EQ(f.min, -1.5);
  EXPECT_EQ(f.max, 3);
}

TEST(Clashes, PoissonOnOverdispersedCounts) {
  DataFacts f{.name = "c", .support = Support::counts, .data = 10, .dimensions = 2};
  f.variance_to_mean = 4.2;
  const auto found = clashes(f, {.likelihood = "poisson", .support = Support::counts});
  EXPECT_TRUE(says(found, "poisson: has variance = mean, the data have 4.2 times that"));
  EXPECT_TRUE(says(found, "negative_binomial"));
  EXPECT_TRUE(clashes(f, {.likelihood = "negative_binomial", .support = Support::counts}).empty());
}

TEST(Clashes, PoissonOnCountsThatVaryTooLittle) {
  DataFacts f{.name = "c", .support = Support::counts, .data = 10, .dimensions = 2};
  f.variance_to_mean = 0.4;
  EXPECT_TRUE(says(clashes(f, {.likelihood = "poisson", .support = Support::counts}), "have only 0.40 of that"));
  f.variance_to_mean = 1.2;
  EXPECT_TRUE(clashes(f, {.likelihood = "poisson", .support = Support::counts}).empty());
}

TEST(Clashes, MoreZerosThanTheLawExpects) {
  DataFacts f{.name = "c", .support = Support::counts, .data = 10, .dimensions = 2};
  f.zeros = 0.9, f.negative_binomial_zeros = 0.7;
  EXPECT_TRUE(says(clashes(f, {.likelihood = "negative_binomial", .support = Support::counts}),
                   "expects 70.0 % zeros from the means of the data, they have 90.0 %"));
  EXPECT_TRUE(clashes(f, {.likelihood = "zero_inflated_negative_binomial", .support = Support::counts}).empty());
}

TEST(Clashes, IntegersUnderADensity) {
  const DataFacts f{.name = "r", .support = Support::real, .data = 10, .dimensions = 2};
  EXPECT_TRUE(says(clashes(f, {.likelihood = "gaussian", .support = Support::real}), "every value is an integer"));
}

TEST(Clashes, AColumnOfIntegersUnderADensity) {
  const DataFacts f = facts_of(dataset_of(Support::real, {2}, {-1.5f, 3, 0.25f, 4, 2, 3}));
  EXPECT_EQ(f.whole_positions, 1);
  EXPECT_TRUE(says(clashes(f, {.likelihood = "gaussian", .support = Support::real}), "at 1 of 2 positions every value is an integer"));
  EXPECT_TRUE(clashes(f, {.likelihood = "composite", .support = Support::mixed}).empty());
}

TEST(Clashes, EndsOfTheUnitIntervalUnderBeta) {
  DataFacts f{.name = "u", .support = Support::unit_interval, .data = 10, .dimensions = 2};
  f.whole = false, f.zeros = 0.002, f.tops = 0.001;
  EXPECT_TRUE(says(clashes(f, {.likelihood = "beta", .support = Support::unit_interval}), "0.3 % of the values are exactly 0 or 1"));
  EXPECT_TRUE(clashes(f, {.likelihood = "continuous_bernoulli", .support = Support::unit_interval}).empty());
}

TEST(Clashes, LevelsAsPointsOfADensity) {
  const DataFacts f{.name = "l", .support = Support::levels, .levels = 256, .data = 10, .dimensions = 2};
  EXPECT_TRUE(says(clashes(f, {.likelihood = "gaussian", .support = Support::real}), "scores 256 levels as points of a density"));
  EXPECT_TRUE(clashes(f, {.likelihood = "gaussian", .support = Support::real, .interval = true}).empty());
}

TEST(Clashes, AHeavyLevelUnderOneBump) {
  DataFacts f{.name = "l", .support = Support::levels, .levels = 256, .data = 10, .dimensions = 2};
  f.zeros = 0.5;
  EXPECT_TRUE(says(clashes(f, {.likelihood = "gaussian", .support = Support::real, .interval = true}), "one bump must serve"));
  EXPECT_TRUE(clashes(f, {.likelihood = "categorical", .support = Support::levels}).empty());
}

TEST(Clashes, GreyUnderBernoulli) {
  const DataFacts f{.name = "l", .support = Support::levels, .levels = 256, .data = 10, .dimensions = 2};
  EXPECT_TRUE(says(clashes(f, {.likelihood = "bernoulli", .support = Support::binary}), "is no likelihood"));
  EXPECT_TRUE(says(clashes(f, {.likelihood = "bernoulli", .support = Support::binary, .binarised = true}), "about the draws only"));
}

}  // namespace
}  // namespace elbo::data
