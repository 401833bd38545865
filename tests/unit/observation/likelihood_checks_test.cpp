#include "observation/likelihood_checks.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace elbo::host::observation {
namespace {

data::Dataset dataset_of(Support support, Shape shape, std::vector<float> values, int64_t levels = 0) {
  data::Dataset dataset;
  dataset.name = "toy";
  dataset.shape = shape;
  dataset.support = support;
  dataset.levels = levels;
  const int64_t row = numel(shape);
  dataset.train.x = {Shape{static_cast<int64_t>(values.size()) / row} + shape, {}};
  if (support == Support::levels || support == Support::binary)
    dataset.train.x.values = std::vector<uint8_t>(values.begin(), values.end());
  else dataset.train.x.values = std::move(values);
  return dataset;
}

bool says(const std::vector<std::string>& sentences, const std::string& part) {
  for (const std::string& sentence : sentences)
    if (sentence.find(part) != std::string::npos) return true;
  return false;
}

TEST(DataSummary, OfLevels) {
  const DataSummary f = summary_of(dataset_of(Support::levels, {2}, {0, 255, 0, 10, 0, 35}, 256));
  EXPECT_EQ(f.data, 3);
  EXPECT_DOUBLE_EQ(f.zeros, 0.5);
  EXPECT_DOUBLE_EQ(f.tops, 1.0 / 6);
  EXPECT_DOUBLE_EQ(f.mean, 50);
  EXPECT_EQ(in_words(f), "toy: 3 x 2 values on 256 levels, 50.0 % exactly 0, 16.7 % exactly 255, mean 50");
}

TEST(DataSummary, TheEntropyOfBinaryDraws) {
  // One data point of p = 0, 1, 1/5 and one of 1/5, 0, 0
  const DataSummary f = summary_of(dataset_of(Support::levels, {3}, {0, 255, 51, 51, 0, 0}, 256));
  EXPECT_NEAR(f.draws_entropy, std::log(5) - 0.8 * std::log(4), 1e-12);
  EXPECT_NEAR(summary_of(dataset_of(Support::unit_interval, {2}, {0.5f, 1})).draws_entropy, std::log(2), 1e-12);
}

/// A likelihood of which nothing else is known.
LikelihoodUse one(const std::string& name, Support support) {
  return {.likelihood = name, .traits = {.support = support}};
}

LikelihoodUse dispersed(double least, double most) {
  LikelihoodUse m = one("mine", Support::counts);
  m.traits.least_dispersion = least, m.traits.most_dispersion = most;
  return m;
}

/// Candidates as the shipped ones are, under names that nobody knows.
std::vector<Candidate> others(Support support) {
  const std::vector<Candidate> all = {
      {"narrow", {.support = Support::counts, .least_dispersion = 1, .most_dispersion = 1, .own_lowest = false}},
      {"wide", {.support = Support::counts, .least_dispersion = 1, .own_lowest = false}},
      {"dropout", {.support = Support::counts, .least_dispersion = 1}},
      {"open", {.support = Support::unit_interval, .finite_at_ends = false, .own_lowest = false, .own_highest = false}},
      {"closed", {.support = Support::unit_interval, .own_lowest = false, .own_highest = false}},
      {"levelled", {.support = Support::levels}}};
  std::vector<Candidate> found;
  for (const Candidate& one : all)
    if (one.traits.support == support) found.push_back(one);
  return found;
}

TEST(LikelihoodChecks, SoftTargetsHaveAFloor) {
  DataSummary f{.name = "g", .support = Support::levels, .levels = 256};
  f.draws_entropy = 45.756802;
  LikelihoodUse m = one("bernoulli", Support::binary);
  m.chain = {Soften()};
  const auto found = mismatches(f, m);
  EXPECT_TRUE(says(
      found, "bernoulli: its cross-entropy on grey values is a lower bound of the mean of log p(x) over binary draws"));
  EXPECT_TRUE(says(found, "above -45.76 nat a data point"));
}

TEST(DataSummary, OfCounts) {
  // Positions 1 1 4 and 0 0 3: means 2 and 1, variances 2 and 2
  const DataSummary f = summary_of(dataset_of(Support::counts, {2}, {1, 0, 1, 0, 4, 3}));
  EXPECT_DOUBLE_EQ(f.variance_to_mean, 2);  // the upper of 1 and 2
  EXPECT_DOUBLE_EQ(f.zeros, 2.0 / 6);
  EXPECT_DOUBLE_EQ(f.poisson_zeros, (std::exp(-2) + std::exp(-1)) / 2);
  EXPECT_NEAR(f.negative_binomial_zeros, (std::exp(-2) + 0.5) / 2, 1e-15);  // dispersion 1: (1 / 2)^1
  EXPECT_DOUBLE_EQ(f.least_total, 1);
  EXPECT_DOUBLE_EQ(f.most_total, 7);
  EXPECT_TRUE(f.whole);
}

TEST(DataSummary, OfRealValues) {
  const DataSummary f = summary_of(dataset_of(Support::real, {1}, {-1.5f, 0, 3}));
  EXPECT_FALSE(f.whole);
  EXPECT_EQ(f.min, -1.5);
  EXPECT_EQ(f.max, 3);
}

TEST(DataSummary, OfSomeColumnsAsTheirLikelihoodSeesThem) {
  const data::Dataset table = dataset_of(Support::real, {3}, {-1.5f, 1, 0, 0.5f, 1, 0, 2, 4, 3});
  const DataSummary counts = summary_of_columns(table, {1, 2}, Support::counts);
  EXPECT_EQ(counts.dimensions, 2);
  EXPECT_DOUBLE_EQ(counts.variance_to_mean, 2);
  EXPECT_DOUBLE_EQ(counts.most_total, 7);
  EXPECT_EQ(summary_of_columns(table, {2}, Support::levels).levels, 4);
}

TEST(LikelihoodChecks, CountsThatVaryMoreThanTheLikelihoodCan) {
  DataSummary f{.name = "c", .support = Support::counts, .data = 10, .dimensions = 2};
  f.variance_to_mean = 4.2;
  const auto found = mismatches(f, dispersed(1, 1), others);
  EXPECT_TRUE(says(found, "mine: has variance = mean, the data have 4.2 times that"));
  EXPECT_TRUE(says(found, "(wide, dropout)"));
  EXPECT_TRUE(says(mismatches(f, dispersed(0.1, 2)),
                   "has variance of at most 2 times the mean, the data have 4.2 times the mean"));
  EXPECT_TRUE(mismatches(f, dispersed(1, 1e6), others).empty());
}

TEST(LikelihoodChecks, CountsThatVaryLessThanTheLikelihoodCan) {
  DataSummary f{.name = "c", .support = Support::counts, .data = 10, .dimensions = 2};
  f.variance_to_mean = 0.4;
  EXPECT_TRUE(says(mismatches(f, dispersed(1, 1)), "have only 0.40 of that"));
  EXPECT_TRUE(says(mismatches(f, dispersed(1, 1e6)), "have only 0.40 of the mean"));
  EXPECT_TRUE(mismatches(f, dispersed(0.01, 1)).empty());
  f.variance_to_mean = 1.2;
  EXPECT_TRUE(mismatches(f, dispersed(1, 1)).empty());
}

TEST(LikelihoodChecks, MoreZerosThanTheLikelihoodHasATermFor) {
  DataSummary f{.name = "c", .support = Support::counts, .data = 10, .dimensions = 2};
  f.zeros = 0.9, f.negative_binomial_zeros = 0.7;
  LikelihoodUse m = dispersed(1, 1e6);
  m.traits.own_lowest = false;
  const auto found = mismatches(f, m, others);
  EXPECT_TRUE(says(found, "expects 70.0 % zeros from the means of the data, they have 90.0 %"));
  EXPECT_TRUE(says(found, "(dropout)"));
  m.traits.own_lowest = true;
  EXPECT_TRUE(mismatches(f, m, others).empty());
}

TEST(LikelihoodChecks, TotalsThatTheLatentsMustExplain) {
  DataSummary f{.name = "c", .support = Support::counts, .data = 10, .dimensions = 2};
  f.least_total = 10, f.most_total = 500;
  LikelihoodUse m = one("mine", Support::counts);
  m.traits.for_given_total = "size = \"known\"";
  EXPECT_TRUE(
      says(mismatches(f, m), "from 10 to 500; the latents must explain it, unless size = \"known\" takes it as given"));
  m.traits.conditioning = Conditioning::library_size;
  EXPECT_TRUE(mismatches(f, m).empty());
}

TEST(LikelihoodChecks, IntegersUnderADensity) {
  const DataSummary f{.name = "r", .support = Support::real, .data = 10, .dimensions = 2};
  EXPECT_TRUE(says(mismatches(f, one("mine", Support::real)), "every value is an integer"));
}

TEST(LikelihoodChecks, AColumnOfIntegersUnderADensity) {
  const DataSummary f = summary_of(dataset_of(Support::real, {2}, {-1.5f, 3, 0.25f, 4, 2, 3}));
  EXPECT_EQ(f.whole_positions, 1);
  EXPECT_TRUE(says(mismatches(f, one("mine", Support::real)), "at 1 of 2 positions every value is an integer"));
}

TEST(LikelihoodChecks, EndsOfTheUnitIntervalUnderADensityThatHasNone) {
  DataSummary f{.name = "u", .support = Support::unit_interval, .data = 10, .dimensions = 2};
  f.whole = false, f.zeros = 0.002, f.tops = 0.001;
  LikelihoodUse m = one("mine", Support::unit_interval);
  m.traits.finite_at_ends = false;
  EXPECT_TRUE(says(mismatches(f, m, others), "0.3 % of the values are exactly 0 or 1"));
  EXPECT_TRUE(says(mismatches(f, m, others), "(closed)"));
  EXPECT_TRUE(mismatches(f, one("mine", Support::unit_interval)).empty());
}

TEST(LikelihoodChecks, LevelsAsPointsOfADensity) {
  const DataSummary f{.name = "l", .support = Support::levels, .levels = 256, .data = 10, .dimensions = 2};
  LikelihoodUse m = one("mine", Support::real);
  EXPECT_TRUE(says(mismatches(f, m), "scores 256 levels as points of a density"));
  m.chain = {Dequantize()};
  EXPECT_TRUE(mismatches(f, m).empty());
  m.chain.clear();
  m.gives_masses = true;
  EXPECT_TRUE(mismatches(f, m).empty());
}

TEST(LikelihoodChecks, AHeavyLevelUnderOneBump) {
  DataSummary f{.name = "l", .support = Support::levels, .levels = 256, .data = 10, .dimensions = 2};
  f.zeros = 0.5;
  LikelihoodUse m = one("mine", Support::real);
  m.gives_masses = true, m.traits.own_lowest = m.traits.own_highest = m.traits.own_spread = false;
  m.traits.for_own_spread = "width = \"each\"";
  const auto found = mismatches(f, m, others);
  EXPECT_TRUE(says(found, "50.0 % of the values are exactly the lowest or the highest level; one bump must serve"));
  EXPECT_TRUE(says(found, "(levelled); width = \"each\" helps"));
  m.traits.for_own_spread = "";
  EXPECT_FALSE(says(mismatches(f, m, others), "helps"));
  m.traits.own_lowest = true;
  EXPECT_TRUE(mismatches(f, m, others).empty());
}

TEST(LikelihoodChecks, GreyUnderBernoulli) {
  const DataSummary f{.name = "l", .support = Support::levels, .levels = 256, .data = 10, .dimensions = 2};
  LikelihoodUse m = one("mine", Support::binary);
  EXPECT_TRUE(says(mismatches(f, m, others), "is no likelihood"));
  EXPECT_TRUE(says(mismatches(f, m, others), "(open, closed)"));
  m.chain = {Binarize()};
  EXPECT_TRUE(says(mismatches(f, m), "about the draws only"));
}

}  // namespace
}  // namespace elbo::host::observation
