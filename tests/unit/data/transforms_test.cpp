#include "data/transforms.hpp"

#include <cmath>

#include "files.hpp"

namespace elbo::data {
namespace {
using namespace test;

const Observation grey{.shape = {1, 28, 28}, .support = Support::levels, .levels = 256};

Observation stored(Support support) { return {.shape = {8}, .support = support, .levels = 0}; }

DataConfig observing(const std::string& observe) {
  DataConfig config = config_of("fashion_mnist");
  config.observe = observe;
  return config;
}

std::vector<std::string> names(const View& view) {
  std::vector<std::string> all;
  for (const Transform& t : view.chain) all.push_back(t.name);
  return all;
}

using Names = std::vector<std::string>;

TEST(ViewOf, LevelsUnderALevelsLikelihood) {
  const View view = view_of(grey, Support::levels, true, observing("levels"), "discretized_logistic");
  EXPECT_EQ(names(view), Names{"levels"});
  EXPECT_EQ(view.scoring, Scoring::direct);
  EXPECT_EQ(view.observation.levels, 256);
  EXPECT_EQ(measure_name(view, observing("levels")), "mass on 256 levels");
}

TEST(ViewOf, LevelsUnderADensityAreScoredAsIntervals) {
  for (const Support wanted : {Support::unit_interval, Support::real}) {
    const View view = view_of(grey, wanted, true, observing("levels"), "gaussian");
    EXPECT_EQ(view.scoring, Scoring::interval);
    EXPECT_EQ(view.observation.support, wanted);
    EXPECT_EQ(view.observation.levels, 256);
    EXPECT_EQ(view.levels, 256);
    EXPECT_EQ(measure_name(view, observing("levels")), "mass on 256 levels");
  }
}

TEST(ViewOf, LevelsUnderADensityWithoutIntervalsNameDequantize) {
  const std::string said = refusal([] { view_of(grey, Support::real, false, observing("levels"), "my_density"); });
  EXPECT_SAYS(said, "likelihood:my_density: needs real values; fashion_mnist has 256 grey levels");
  EXPECT_SAYS(said, "observe = \"unit_interval\" (dequantize)");
}

TEST(ViewOf, DequantizedLevelsCarryTheirJacobian) {
  const DataConfig config = observing("unit_interval");
  const View view = view_of(grey, Support::real, true, config, "gaussian");
  EXPECT_EQ(names(view), (Names{"dequantize", "scale"}));
  double log_jacobian = 0;
  for (const Transform& t : view.chain) log_jacobian += t.log_jacobian_per_dim;
  EXPECT_NEAR(log_jacobian, -5.545177, 1e-6);
  EXPECT_TRUE(view.levels_are_recoverable);
  EXPECT_FALSE(view_of(grey, Support::real, false, config, "gaussian").levels_are_recoverable);
  EXPECT_EQ(view.levels, 256);
  EXPECT_EQ(view.observation.support, Support::real);  // its outermost intervals reach to infinity
}

TEST(ViewOf, BernoulliOnGreyLevelsIsRefusedWithTheWaysOut) {
  const std::string said = refusal([] { view_of(grey, Support::binary, false, observing("levels"), "bernoulli"); });
  EXPECT_EQ(said,
            "likelihood:bernoulli: needs values in {0, 1}; fashion_mnist has 256 grey levels, whose cross-entropy is "
            "no likelihood (R3); set observe = \"binary\" "
            "(binarize), or set observe = \"soft_binary\" (cross-entropy, reported as the bound on binarised data that "
            "it is), or choose a likelihood of levels, or a density that gives the masses of intervals");
}

TEST(ViewOf, ADensityWithoutMassesOnGreyLevelsIsToldOfThem) {
  EXPECT_SAYS(refusal([] { view_of(grey, Support::real, false, observing("levels"), "mine"); }),
              "implement do_interval_log_prob in the plugin");
  EXPECT_SAYS(refusal([] { view_of(grey, Support::unit_interval, false, observing("levels"), "mine"); }),
              "do_interval_log_prob");
}

TEST(ViewOf, BinarizedLevelsAreOtherData) {
  DataConfig config = observing("binary");
  const View view = view_of(grey, Support::binary, false, config, "bernoulli");
  EXPECT_EQ(names(view), Names{"binarize(dynamic)"});
  EXPECT_TRUE(view.chain[0].changes_data);
  EXPECT_EQ(view.observation.support, Support::binary);
  EXPECT_EQ(view.observation.levels, 0);
}

TEST(ViewOf, GreyValuesAsSoftTargetsAreForBinaryLikelihoodsAlone) {
  for (const Observation& data : {grey, stored(Support::unit_interval)}) {
    const View view = view_of(data, Support::binary, false, observing("soft_binary"), "bernoulli");
    EXPECT_TRUE(has_soft_targets(view));
    EXPECT_TRUE(view.chain[0].changes_data);
    EXPECT_EQ(view.observation.support, Support::unit_interval);
    EXPECT_EQ(view.levels, 0);
    EXPECT_SAYS(refusal([&] { view_of(data, Support::real, true, observing("soft_binary"), "gaussian"); }),
                "has means of binary draws under observe = \"soft_binary\"; set observe = ");
  }
  EXPECT_SAYS(
      refusal([] { view_of(stored(Support::binary), Support::binary, false, observing("soft_binary"), "bernoulli"); }),
      "holds values in {0, 1}; set observe = \"binary\"");
}

TEST(ViewOf, ADensityOnBinarizedDataIsRefused) {
  const std::string said = refusal([] { view_of(grey, Support::real, true, observing("binary"), "gaussian"); });
  EXPECT_SAYS(said, "values in {0, 1} under observe = \"binary\"");
  EXPECT_SAYS(said, "choose a likelihood of values in {0, 1}");
}

TEST(ViewOf, StoredBinaryDataNeedNoTransform) {
  for (const char* observe : {"binary", "levels"}) {
    const View view = view_of(stored(Support::binary), Support::binary, false, observing(observe), "bernoulli");
    EXPECT_TRUE(view.chain.empty());
    EXPECT_EQ(measure_name(view, observing(observe)), "mass on {0,1}");
  }
}

TEST(ViewOf, RealCountsAndUnitIntervalPassThrough) {
  EXPECT_EQ(measure_name(view_of(stored(Support::real), Support::real, true, observing("real"), "gaussian"), {}),
            "density on R");
  EXPECT_EQ(measure_name(view_of(stored(Support::counts), Support::counts, false, observing("counts"), "poisson"), {}),
            "mass on counts");
  const DataConfig unit = observing("unit_interval");
  EXPECT_EQ(measure_name(view_of(stored(Support::unit_interval), Support::real, true, unit, "gaussian"), unit),
            "density on [0,1]");
}

TEST(ViewOf, ObserveMustFitWhatIsStored) {
  EXPECT_SAYS(refusal([] { view_of(stored(Support::real), Support::real, true, observing("levels"), "gaussian"); }),
              "observe = \"levels\": fashion_mnist holds real values; set observe = \"real\"");
  EXPECT_SAYS(refusal([] { view_of(grey, Support::real, true, observing("real"), "gaussian"); }),
              "set observe = \"levels\" or \"binary\" (binarize) or \"soft_binary\" (");
}

TEST(MeasureName, EveryBinarisationIsItsOwnMeasure) {
  DataConfig config = observing("binary");
  const auto name = [&] { return measure_name(view_of(grey, Support::binary, false, config, "bernoulli"), config); };
  EXPECT_EQ(name(), "mass on {0,1}, dynamic binarisation (test draw seed 1)");
  config.binarize_seed = 2;
  EXPECT_EQ(name(), "mass on {0,1}, dynamic binarisation (test draw seed 2)");
  config.binarize = "static";
  EXPECT_EQ(name(), "mass on {0,1}, static binarisation (seed 2)");
  config.binarize = "threshold";
  EXPECT_EQ(name(), "mass on {0,1}, binarised above 0.5");
}

TEST(MeasureName, TheSameForEveryDensityOnTheSameDequantizedData) {
  const DataConfig config = observing("unit_interval");
  const std::string name = measure_name(view_of(grey, Support::real, true, config, "gaussian"), config);
  EXPECT_EQ(name, "density on [0,1], 256 levels dequantised (test draw seed 1)");
  EXPECT_EQ(name, measure_name(view_of(grey, Support::unit_interval, true, config, "continuous_bernoulli"), config));
}

TEST(Transforms, StandardisingIsNamedInTheChainAndOnlyForRealValues) {
  DataConfig config = config_of("table");
  config.standardize = true;
  config.observe = "real";
  const View view = view_of({{2}, Support::real, 0}, Support::real, true, config, "gaussian");
  ASSERT_EQ(view.chain.size(), 1u);
  EXPECT_EQ(view.chain[0].name, standardize);
  config.observe = "counts";
  EXPECT_EQ(refusal([&] { view_of({{2}, Support::counts, 0}, Support::counts, false, config, "poisson"); }),
            "[dataset] standardize = true: table is observed as counts; expected observe = \"real\" or \"columns\" of "
            "real values; "
            "leave standardize out");
}

}  // namespace
}  // namespace elbo::data
