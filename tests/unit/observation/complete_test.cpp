#include "observation/observation_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include <elbo/error.hpp>

namespace elbo::host::observation {
namespace {

/// Deviations of the training columns: 2, 0 (left as it is), and of whole numbers.
data::Dataset table() {
  data::Dataset dataset;
  dataset.name = "toy";
  dataset.shape = {3};
  dataset.support = Support::real;
  dataset.columns = {"a", "b", "c"};
  dataset.train.x = {{2, 3}, std::vector<float>{1, 7, 0, 5, 7, 3}};
  dataset.valid.x = {{0, 3}, std::vector<float>{}};
  dataset.test.x = {{1, 3}, std::vector<float>{2, 2, 8}};
  return dataset;
}

ObservationModel observed_as(const std::string& observe, Support wanted) {
  DataConfig config;
  config.name = "toy";
  config.observe = observe;
  config.standardize = true;
  return observation_model({.shape = {3}, .support = Support::real, .columns = {{"a"}, {"b"}, {"c"}}}, wanted, true,
                           config, "toy");
}

MeasureKey key_of(const ObservationModel& model, Support support) {
  return measure_key(model, support, "fingerprint", 1);
}

double log_jacobian(const ObservationModel& model) {
  return key_of(model, Support::mixed).chain.at(0).log_jacobian_per_dim;
}

TEST(Complete, StandardizeGetsItsJacobianFromTheTrainingData) {
  ObservationModel real = observed_as("real", Support::real);
  EXPECT_TRUE(std::isnan(log_jacobian(real)));
  complete(real, table(), std::vector<ColumnScorer>(3));
  EXPECT_NEAR(log_jacobian(real), -(std::log(2.0) + std::log(1.5)) / 3, 1e-12);
}

TEST(Complete, ColumnsHaveTheSetsOfTheirLikelihoods) {
  ObservationModel mixed = observed_as("columns", Support::mixed);
  complete(mixed, table(),
           {{"gaussian", Support::real}, {"gaussian", Support::real}, {"categorical", Support::levels}});
  EXPECT_EQ(mixed.observation.columns[2].support, Support::levels);
  EXPECT_EQ(mixed.observation.columns[2].levels, 9) << "the largest value is among the test data";
  EXPECT_NEAR(log_jacobian(mixed), -std::log(2.0) / 3, 1e-12) << "levels are not standardised";
  const MeasureKey key = key_of(mixed, Support::mixed);
  EXPECT_EQ(key.base, "LR^2 x C9");
  EXPECT_TRUE(key.is_density());
  EXPECT_EQ(in_words(key), "density on R (2 columns), mass on 9 levels (1 column)");
}

TEST(Complete, TheMeasureIsAProductInTheOrderOfTheData) {
  ObservationModel levels_first = observed_as("columns", Support::mixed),
                   counts = observed_as("columns", Support::mixed);
  complete(levels_first, table(),
           {{"categorical", Support::levels}, {"poisson", Support::counts}, {"gaussian", Support::real}});
  EXPECT_EQ(key_of(levels_first, Support::mixed).base, "C6 x CN x LR");
  complete(counts, table(), {{"gaussian", Support::real}, {"gaussian", Support::real}, {"poisson", Support::counts}});
  EXPECT_FALSE(key_of(counts, Support::mixed).same_measure(key_of(levels_first, Support::mixed)));
}

// A file says nothing of the set that a density has for its own.
TEST(Complete, DensitiesOfAColumnStandBesideEachOtherWhateverTheirSets) {
  ObservationModel gaussian = observed_as("columns", Support::real), sizes = observed_as("columns", Support::mixed);
  complete(gaussian, table(), std::vector<ColumnScorer>(3, {"gaussian", Support::real}));
  complete(sizes, table(), {{"log_normal", Support::real}, {"gaussian", Support::real}, {"gaussian", Support::real}});
  sizes.observation.columns[0].support = Support::positive;
  const MeasureKey key = key_of(sizes, Support::mixed);
  EXPECT_EQ(key.base, "LR");
  EXPECT_TRUE(key.same_measure(key_of(gaussian, Support::real)));
}

// A composite of densities only is compared with one density for all columns.
TEST(Complete, ColumnsThatAreAllAlikeHaveTheMeasureOfThePlainLikelihood) {
  ObservationModel by_column = observed_as("columns", Support::real), plain = observed_as("real", Support::real);
  const std::vector<ColumnScorer> scorers = {
      {"gaussian", Support::real}, {"laplace", Support::real}, {"laplace", Support::real}};
  complete(by_column, table(), scorers);
  complete(plain, table(), scorers);
  EXPECT_EQ(key_of(by_column, Support::real).base, "LR");
  EXPECT_TRUE(key_of(by_column, Support::real).same_measure(key_of(plain, Support::real)));
  EXPECT_EQ(in_words(key_of(by_column, Support::real)), "density on R");
}

TEST(Complete, AValueOutsideOfItsColumnsSetIsRefused) {
  data::Dataset dataset = table();
  std::get<std::vector<float>>(dataset.train.x.values)[4] = 7.25F;
  ObservationModel mixed = observed_as("columns", Support::mixed);
  try {
    complete(mixed, dataset, {{"gaussian", Support::real}, {"poisson", Support::counts}, {"gaussian", Support::real}});
    FAIL() << "7.25 is no count";
  } catch (const UserError& e) {
    EXPECT_STREQ(
        e.what(),
        "likelihood:poisson: scores the column 'b' of toy, which holds 7.25; expected whole numbers from 0 on; "
        "choose another likelihood for this column");
  }
}

}  // namespace
}  // namespace elbo::host::observation
