#include "observation/measure_key.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include <elbo/error.hpp>

#include "observation/observation_model.hpp"

namespace elbo::host::observation {
namespace {

const Observation grey_images{{1, 28, 28}, Support::levels, 256};

DataConfig toy_observing(const std::string& observe) {
  DataConfig config;
  config.name = "toy";
  config.observe = observe;
  return config;
}

MeasureKey key_of(const Observation& stored, Support likelihood, const DataConfig& config) {
  return measure_key(observation_model(stored, likelihood, true, config, "toy"), likelihood, "fingerprint", 100);
}

TEST(MeasureKey, EveryLikelihoodOnLevelsHasTheSame) {
  const MeasureKey categorical = key_of(grey_images, Support::levels, toy_observing("levels"));
  EXPECT_EQ(categorical.base, "C256");
  EXPECT_EQ(categorical.dimensions, 784);
  EXPECT_TRUE(categorical.same_measure(key_of(grey_images, Support::real, toy_observing("levels"))));
  EXPECT_TRUE(categorical.same_measure(key_of(grey_images, Support::unit_interval, toy_observing("levels"))));
}

TEST(MeasureKey, DequantisedDataAreADensityWithItsJacobian) {
  const MeasureKey key = key_of(grey_images, Support::real, toy_observing("unit_interval"));
  EXPECT_EQ(key.base, "L01");
  EXPECT_TRUE(key.is_density());
  EXPECT_EQ(key.levels, 256);
  EXPECT_DOUBLE_EQ(key.chain.back().log_jacobian_per_dim, -std::log(256.0));
  EXPECT_FALSE(key.same_measure(key_of(grey_images, Support::real, toy_observing("levels"))));
}

TEST(MeasureKey, TheTestDrawIsPartOfIt) {
  DataConfig config = toy_observing("binary");
  const MeasureKey one = key_of(grey_images, Support::binary, config);
  config.binarize_seed = 2;
  const MeasureKey two = key_of(grey_images, Support::binary, config);
  EXPECT_EQ(one.binarisation, "dynamic, test draw seed 1");
  EXPECT_FALSE(one.same_measure(two));
}

TEST(MeasureKey, SoftTargetsAreABoundOnBinaryDrawsAndSayIt) {
  const MeasureKey soft = key_of(grey_images, Support::binary, toy_observing("soft_binary"));
  EXPECT_EQ(soft.base, "C2");
  EXPECT_FALSE(soft.is_density());
  EXPECT_TRUE(soft.has_soft_targets());
  EXPECT_EQ(soft.levels, 0);
  EXPECT_FALSE(soft.same_measure(key_of(grey_images, Support::binary, toy_observing("binary"))));
  EXPECT_EQ(in_words(soft), "mass on {0,1}, mean over dynamic draws bounded by soft targets");
  EXPECT_TRUE(measure_key_from_json(nlohmann::ordered_json::parse(to_json(soft).dump())).has_soft_targets());
}

TEST(MeasureKey, ALibrarySizeIsGivenToo) {
  const Observation counts{{10}, Support::counts, 0};
  const ObservationModel model = observation_model(counts, Support::counts, false, toy_observing("counts"), "toy");
  const MeasureKey library = measure_key(model, Support::counts, "fingerprint", 100, Conditioning::library_size);
  EXPECT_EQ(library.base, "CM");
  EXPECT_EQ(library.conditioning, "library size");
  EXPECT_EQ(in_words(library), "mass on counts, given their library size");
  EXPECT_FALSE(library.same_measure(key_of(counts, Support::simplex_counts, toy_observing("counts"))));
}

TEST(MeasureKey, MultinomialIsGivenTheTotal) {
  const Observation counts{{10}, Support::counts, 0};
  const MeasureKey poisson = key_of(counts, Support::counts, toy_observing("counts"));
  const MeasureKey multinomial = key_of(counts, Support::simplex_counts, toy_observing("counts"));
  EXPECT_EQ(poisson.base, "CN");
  EXPECT_EQ(multinomial.base, "CM");
  EXPECT_EQ(multinomial.conditioning, "total of the counts");
  EXPECT_EQ(in_words(multinomial), "mass on counts, given their total");
}

TEST(MeasureKey, TheEstimatorIsNotPartOfTheMeasure) {
  MeasureKey one = key_of(grey_images, Support::levels, toy_observing("levels")), two = one;
  two.estimator = {"iwae", 5000, 100};
  EXPECT_TRUE(one.same_measure(two));
  EXPECT_NE(to_json(one), to_json(two));
}

TEST(MeasureKey, SurvivesJson) {
  MeasureKey key = key_of(grey_images, Support::real, toy_observing("unit_interval"));
  key.estimator = {"iwae", 5000, 100};
  const MeasureKey back = measure_key_from_json(nlohmann::ordered_json::parse(to_json(key).dump()));
  EXPECT_TRUE(key.same_measure(back));
  EXPECT_EQ(key.estimator, back.estimator);
  EXPECT_THROW(measure_key_from_json({{"base", "C2"}}), Error);
  nlohmann::ordered_json other = to_json(key);
  other["unit"] = "bit";
  EXPECT_THROW(measure_key_from_json(other), Error);
  other = to_json(key);
  other["scale"] = 2;
  EXPECT_THROW(measure_key_from_json(other), Error);
}

TEST(MeasureKey, AJacobianThatIsNotKnownSurvivesJson) {
  MeasureKey key;
  key.chain = {{"warp", std::nan("")}};
  const MeasureKey back = measure_key_from_json(nlohmann::ordered_json::parse(to_json(key).dump()));
  EXPECT_TRUE(std::isnan(back.chain.at(0).log_jacobian_per_dim));
  EXPECT_TRUE(key.same_measure(back));
}

}  // namespace
}  // namespace elbo::host::observation
