#include "batches/batch_source.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "sdk/src/fused/fused.hpp"

namespace elbo::host {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Three data of two grey levels each, twice: as training and as test data.
data::Dataset grey() {
  data::Dataset d;
  d.name = "grey";
  d.shape = {2};
  d.train.x = d.test.x = {{3, 2}, std::vector<uint8_t>{0, 255, 128, 64, 10, 255}};
  return d;
}

observation::ObservationModel observed_for(Support likelihood, const DataConfig& config) {
  return observation::observation_model({{2}, Support::levels, 256}, likelihood, true, config, "test");
}

double at(const Tensor& t, int64_t row, int64_t column) { return t[row][column].item<double>(); }

TEST(BatchSource, ARealDensityTakesTheTailsAtTheOutermostLevels) {
  const data::Dataset d = grey();
  const BatchSource source(d, observed_for(Support::real, {}), true);
  const Batch b = source.batch(Part::train, 0, 3, Rng(1));
  EXPECT_EQ(at(b.lo, 0, 0), -infinity);
  EXPECT_EQ(at(b.hi, 0, 0), 1 / 256.0);
  EXPECT_EQ(at(b.hi, 0, 1), infinity);
  EXPECT_EQ(at(b.lo, 1, 0), 0.5);
  EXPECT_EQ(at(b.hi, 1, 0), 129 / 256.0);
}

TEST(BatchSource, ADensityOnTheUnitIntervalKeepsItsEnds) {
  const data::Dataset d = grey();
  const BatchSource source(d, observed_for(Support::unit_interval, {}), true);
  const Batch b = source.batch(Part::train, 0, 3, Rng(1));
  EXPECT_EQ(at(b.lo, 0, 0), 0);
  EXPECT_EQ(at(b.hi, 0, 1), 1);
}

TEST(BatchSource, LevelsArriveAsNumbersAndTheEncoderSeesThemScaled) {
  const data::Dataset d = grey();
  const BatchSource source(d, observed_for(Support::levels, {}), true);
  const Batch b = source.batch(Part::train, 0, 3, Rng(1));
  EXPECT_EQ(at(b.x, 1, 0), 128);
  EXPECT_EQ(at(b.input, 1, 0), 128.5 / 256);
}

TEST(BatchSource, SoftTargetsAreTheProbabilitiesOfTheDynamicDraws) {
  const data::Dataset d = grey();
  DataConfig config;
  config.observe = "soft_binary";
  const BatchSource source(
      d, observation::observation_model({{2}, Support::levels, 256}, Support::binary, false, config, "test"), true);
  for (const Part part : {Part::train, Part::test}) {
    const Batch b = source.batch(part, 0, 3, Rng(1));
    EXPECT_EQ(at(b.x, 0, 0), 0);
    EXPECT_EQ(at(b.x, 0, 1), 1);
    EXPECT_EQ(at(b.x, 1, 0), 128 / 255.0);
    EXPECT_EQ(at(b.input, 1, 0), at(b.x, 1, 0));
  }
  EXPECT_NEAR(source.statistics().mean[0].item<double>(), (0 + 128 + 10) / 255.0 / 3, 1e-12);
}

TEST(BatchSource, DynamicBinarisationIsFreshInTrainingAndFixedInTesting) {
  data::Dataset d = grey();
  d.shape = {100};
  d.train.x = d.test.x = {{2, 100}, std::vector<uint8_t>(200, 128)};
  DataConfig config;
  config.observe = "binary";
  const BatchSource source(
      d, observation::observation_model({{100}, Support::levels, 256}, Support::binary, false, config, "test"));
  EXPECT_FALSE(source.batch(Part::train, 0, 2, Rng(1)).x.equal(source.batch(Part::train, 0, 2, Rng(2)).x));
  const Tensor drawn = source.batch(Part::test, 0, 2, Rng(1)).x;
  EXPECT_TRUE(drawn.equal(source.batch(Part::test, 0, 2, Rng(2)).x));
  EXPECT_TRUE(drawn.narrow(0, 1, 1).equal(source.batch(Part::test, 1, 1, Rng(3)).x))
      << "a data point's draw must not depend on its batch";
  EXPECT_NEAR(drawn.mean().item<double>(), 128 / 255.0, 4.5 * 0.5 / std::sqrt(200.0));
}

TEST(BatchSource, WhatIsDrawnStraightFromBytesIsWhatThePlainWayGives) {
  data::Dataset d = grey();
  std::vector<uint8_t> every_level(3 * 256);
  for (size_t i = 0; i < every_level.size(); ++i) every_level[i] = static_cast<uint8_t>(i);
  d.shape = {256};
  d.train.x = d.test.x = {{3, 256}, every_level};
  DataConfig config;
  config.observe = "binary";
  for (const char* binarize : {"dynamic", "static", "threshold"}) {
    config.binarize = binarize;
    const BatchSource source(
        d, observation::observation_model({{256}, Support::levels, 256}, Support::binary, false, config, "test"));
    for (const Part part : {Part::train, Part::test}) {
      const Tensor fused = source.batch(part, 1, 2, Rng(1)).x;
      use_fused_kernels(false);
      EXPECT_TRUE(fused.equal(source.batch(part, 1, 2, Rng(1)).x)) << binarize;
      use_fused_kernels(true);
    }
  }
}

TEST(BatchSource, StatisticsAreInTheLikelihoodsUnits) {
  const data::Dataset d = grey();
  const Statistics unit = BatchSource(d, observed_for(Support::real, {})).statistics();
  EXPECT_NEAR(unit.mean[0].item<double>(), (0.5 + 128.5 + 10.5) / 3 / 256, 1e-12);
  EXPECT_EQ(unit.count, 3);
  const Statistics levels = BatchSource(d, observed_for(Support::levels, {})).statistics();
  EXPECT_NEAR(levels.mean[0].item<double>(), 46, 1e-12);
  EXPECT_EQ(levels.max[1].item<double>(), 255);
  EXPECT_EQ(levels.median[0].item<double>(), 10);
  EXPECT_EQ(levels.histogram.sizes().vec(), (Shape{256, 2}));
  EXPECT_EQ(levels.histogram[255][1].item<double>(), 2);
}

TEST(BatchSource, DequantisedLevelsStayInsideTheirInterval) {
  const data::Dataset d = grey();
  DataConfig config;
  config.observe = "unit_interval";
  const BatchSource source(d, observed_for(Support::unit_interval, config), true);
  const Tensor x = source.batch(Part::train, 0, 3, Rng(1)).x;
  EXPECT_GT(at(x, 1, 0), 128 / 256.0);
  EXPECT_LT(at(x, 1, 0), 129 / 256.0);
}

TEST(BatchSource, StandardisedValuesHaveTheMomentsOfTheTrainingData) {
  data::Dataset d;
  d.shape = {2};
  d.support = Support::real;
  d.levels = 0;
  d.train.x = {{2, 2}, std::vector<float>{100, 5, 300, 5}};
  d.test.x = {{1, 2}, std::vector<float>{500, 7}};
  DataConfig config;
  config.observe = "real";
  config.standardize = true;
  auto observed = observation::observation_model({{2}, Support::real, 0}, Support::real, true, config, "test");
  EXPECT_THROW(BatchSource(d, observed, true), Error) << "before complete()";
  observation::complete(observed, d, {});
  const BatchSource source(d, observed, true);
  const Batch train = source.batch(Part::train, 0, 2, Rng(1)), test = source.batch(Part::test, 0, 1, Rng(1));
  EXPECT_EQ(at(train.x, 0, 0), -1);
  EXPECT_EQ(at(train.x, 1, 0), 1);
  EXPECT_EQ(at(test.x, 0, 0), 3);
  EXPECT_EQ(at(test.x, 0, 1), 2);  // a value that never varied is only moved
  const Statistics s = source.statistics();
  EXPECT_EQ(s.mean[0].item<double>(), 0);
  EXPECT_EQ(s.variance[0].item<double>(), 1);
}

}  // namespace
}  // namespace elbo::host
