#include "observation/observation_model.hpp"

#include <cmath>

#include "unit/data/files.hpp"

namespace elbo::host::observation {
namespace {
using namespace test;

const Observation grey{.shape = {1, 28, 28}, .support = Support::levels, .levels = 256};

Observation stored(Support support) { return {.shape = {8}, .support = support, .levels = 0}; }

DataConfig observing(const std::string& observe) {
  DataConfig config = config_of("fashion_mnist");
  config.observe = observe;
  return config;
}

std::vector<MeasureKey::Step> key_steps(const ObservationModel& model) {
  return measure_key(model, model.observation.support, "", 1).chain;
}

std::vector<std::string> names(const ObservationModel& model) {
  std::vector<std::string> all;
  for (const MeasureKey::Step& step : key_steps(model)) all.push_back(step.name);
  return all;
}

using Names = std::vector<std::string>;

TEST(ObservationModel, LevelsUnderALevelsLikelihood) {
  const ObservationModel model =
      observation_model(grey, Support::levels, true, observing("levels"), "discretized_logistic");
  EXPECT_EQ(names(model), Names{"levels"});
  EXPECT_EQ(model.scoring(), Scoring::direct);
  EXPECT_EQ(model.observation.levels, 256);
  EXPECT_EQ(measure_in_words(model), "mass on 256 levels");
}

TEST(ObservationModel, LevelsUnderADensityAreScoredAsIntervals) {
  for (const Support wanted : {Support::unit_interval, Support::real}) {
    const ObservationModel model = observation_model(grey, wanted, true, observing("levels"), "gaussian");
    EXPECT_EQ(model.scoring(), Scoring::interval);
    EXPECT_EQ(model.observation.support, wanted);
    EXPECT_EQ(model.observation.levels, 256);
    EXPECT_EQ(model.find<Intervals>()->levels, 256);
    EXPECT_EQ(measure_in_words(model), "mass on 256 levels");
  }
}

/// Numbers of images of different sizes must never be ranked together, however they are scored.
TEST(ObservationModel, WhatIsMadeOfImagesIsPartOfEveryKey) {
  DataConfig config = observing("levels");
  config.background = "white";
  config.crop = {20, 20};
  config.resize = {28, 28};
  config.pad = {32, 32};
  const Names made = {"composite(white)", "crop(20 x 20)", "resize(28 x 28, area, stretch)", "pad(32 x 32, value 0)"};
  for (const char* observe : {"levels", "unit_interval", "binary"})
    for (const Support wanted : {Support::levels, Support::real, Support::binary}) {
      config.observe = observe;
      if ((wanted == Support::binary) != (config.observe == "binary")) continue;
      if (wanted == Support::levels && config.observe != "levels") continue;
      const ObservationModel model = observation_model(grey, wanted, true, config, "a");
      for (const ObservationModel& one : {model, model.evaluated()}) {
        const Names all = names(one);
        ASSERT_GE(all.size(), made.size());
        EXPECT_EQ(Names(all.begin(), all.begin() + 4), made) << observe;
      }
      EXPECT_SAYS(measure_in_words(model),
                  ", images after composite(white), crop(20 x 20), resize(28 x 28, area, stretch)");
    }
  config.observe = "levels";
  const auto key = [&] {
    return measure_key(observation_model(grey, Support::real, true, config, "a"), Support::real, "", 1);
  };
  const MeasureKey before = key();
  config.resize = {30, 30};
  EXPECT_FALSE(before.same_measure(key()));
}

TEST(ObservationModel, LevelsUnderADensityWithoutIntervalsNameDequantize) {
  const std::string said =
      refusal([] { observation_model(grey, Support::real, false, observing("levels"), "my_density"); });
  EXPECT_SAYS(said, "likelihood:my_density: needs real values; fashion_mnist has 256 grey levels");
  EXPECT_SAYS(said, "observe = \"unit_interval\" (dequantize)");
}

TEST(ObservationModel, DequantizedLevelsCarryTheirJacobian) {
  const DataConfig config = observing("unit_interval");
  const ObservationModel model = observation_model(grey, Support::real, true, config, "gaussian");
  EXPECT_EQ(names(model), (Names{"dequantize", "scale"}));
  double log_jacobian = 0;
  for (const MeasureKey::Step& step : key_steps(model)) log_jacobian += step.log_jacobian_per_dim;
  EXPECT_NEAR(log_jacobian, -5.545177, 1e-6);
  EXPECT_EQ(model.evaluated().scoring(), Scoring::interval);
  EXPECT_FALSE(observation_model(grey, Support::real, false, config, "gaussian").on_levels);
  EXPECT_EQ(model.on_levels->levels, 256);
  EXPECT_EQ(model.observation.support, Support::real);  // its outermost intervals reach to infinity
}

TEST(ObservationModel, BernoulliOnGreyLevelsIsRefusedWithTheWaysOut) {
  const std::string said =
      refusal([] { observation_model(grey, Support::binary, false, observing("levels"), "bernoulli"); });
  EXPECT_EQ(said,
            "likelihood:bernoulli: needs values in {0, 1}; fashion_mnist has 256 grey levels, whose cross-entropy is "
            "no likelihood (R3); set observe = \"binary\" "
            "(binarize), or set observe = \"soft_binary\" (cross-entropy, reported as the bound on binarised data that "
            "it is), or choose a likelihood of levels, or a density that gives the masses of intervals");
}

TEST(ObservationModel, ADensityWithoutMassesOnGreyLevelsIsToldOfThem) {
  EXPECT_SAYS(refusal([] { observation_model(grey, Support::real, false, observing("levels"), "mine"); }),
              "implement do_interval_log_prob in the plugin");
  EXPECT_SAYS(refusal([] { observation_model(grey, Support::unit_interval, false, observing("levels"), "mine"); }),
              "do_interval_log_prob");
}

TEST(ObservationModel, BinarizedLevelsAreOtherData) {
  DataConfig config = observing("binary");
  const ObservationModel model = observation_model(grey, Support::binary, false, config, "bernoulli");
  EXPECT_EQ(names(model), Names{"binarize(dynamic)"});
  EXPECT_TRUE(key_steps(model).at(0).changes_data);
  EXPECT_EQ(model.observation.support, Support::binary);
  EXPECT_EQ(model.observation.levels, 0);
}

TEST(ObservationModel, GreyValuesAsSoftTargetsAreForBinaryLikelihoodsAlone) {
  for (const Observation& data : {grey, stored(Support::unit_interval)}) {
    const ObservationModel model =
        observation_model(data, Support::binary, false, observing("soft_binary"), "bernoulli");
    EXPECT_TRUE(model.shows_means());
    EXPECT_TRUE(key_steps(model).at(0).changes_data);
    EXPECT_EQ(model.observation.support, Support::unit_interval);
    EXPECT_SAYS(refusal([&] { observation_model(data, Support::real, true, observing("soft_binary"), "gaussian"); }),
                "has means of binary draws under observe = \"soft_binary\"; set observe = ");
  }
  EXPECT_SAYS(refusal([] {
                observation_model(stored(Support::binary), Support::binary, false, observing("soft_binary"),
                                  "bernoulli");
              }),
              "holds values in {0, 1}; set observe = \"binary\"");
}

TEST(ObservationModel, ADensityOnBinarizedDataIsRefused) {
  const std::string said =
      refusal([] { observation_model(grey, Support::real, true, observing("binary"), "gaussian"); });
  EXPECT_SAYS(said, "values in {0, 1} under observe = \"binary\"");
  EXPECT_SAYS(said, "choose a likelihood of values in {0, 1}");
}

TEST(ObservationModel, StoredBinaryDataNeedNoTransform) {
  for (const char* observe : {"binary", "levels"}) {
    const ObservationModel model =
        observation_model(stored(Support::binary), Support::binary, false, observing(observe), "bernoulli");
    EXPECT_TRUE(model.chain.empty());
    EXPECT_EQ(measure_in_words(model), "mass on {0,1}");
  }
}

TEST(ObservationModel, RealCountsAndUnitIntervalPassThrough) {
  EXPECT_EQ(
      measure_in_words(observation_model(stored(Support::real), Support::real, true, observing("real"), "gaussian")),
      "density on R");
  EXPECT_EQ(measure_in_words(
                observation_model(stored(Support::counts), Support::counts, false, observing("counts"), "poisson")),
            "mass on counts");
  const DataConfig unit = observing("unit_interval");
  EXPECT_EQ(measure_in_words(observation_model(stored(Support::unit_interval), Support::real, true, unit, "gaussian")),
            "density on [0,1]");
}

TEST(ObservationModel, ObserveMustFitWhatIsStored) {
  EXPECT_SAYS(
      refusal([] { observation_model(stored(Support::real), Support::real, true, observing("levels"), "gaussian"); }),
      "observe = \"levels\": fashion_mnist holds real values; set observe = \"real\"");
  EXPECT_SAYS(refusal([] { observation_model(grey, Support::real, true, observing("real"), "gaussian"); }),
              "set observe = \"levels\" or \"binary\" (binarize) or \"soft_binary\" (");
}

TEST(MeasureInWords, EveryBinarisationIsItsOwnMeasure) {
  DataConfig config = observing("binary");
  const auto name = [&] {
    return measure_in_words(observation_model(grey, Support::binary, false, config, "bernoulli"));
  };
  EXPECT_EQ(name(), "mass on {0,1}, dynamic binarisation (test draw seed 1)");
  config.binarize_seed = 2;
  EXPECT_EQ(name(), "mass on {0,1}, dynamic binarisation (test draw seed 2)");
  config.binarize = "static";
  EXPECT_EQ(name(), "mass on {0,1}, static binarisation (seed 2)");
  config.binarize = "threshold";
  EXPECT_EQ(name(), "mass on {0,1}, binarised above 0.5");
}

TEST(MeasureInWords, TheSameForEveryDensityOnTheSameDequantizedData) {
  const DataConfig config = observing("unit_interval");
  const std::string name = measure_in_words(observation_model(grey, Support::real, true, config, "gaussian"));
  EXPECT_EQ(name, "density on [0,1], 256 levels dequantised (test draw seed 1)");
  EXPECT_EQ(name,
            measure_in_words(observation_model(grey, Support::unit_interval, true, config, "continuous_bernoulli")));
}

TEST(Transforms, StandardisingIsNamedInTheChainAndOnlyForRealValues) {
  DataConfig config = config_of("table");
  config.standardize = true;
  config.observe = "real";
  const ObservationModel model = observation_model({{2}, Support::real, 0}, Support::real, true, config, "gaussian");
  ASSERT_EQ(model.chain.size(), 1u);
  EXPECT_EQ(names(model), Names{"standardize"});
  config.observe = "counts";
  EXPECT_EQ(refusal([&] { observation_model({{2}, Support::counts, 0}, Support::counts, false, config, "poisson"); }),
            "[dataset] standardize = true: table is observed as counts; expected observe = \"real\" or \"columns\" of "
            "real values; "
            "leave standardize out");
}

}  // namespace
}  // namespace elbo::host::observation
