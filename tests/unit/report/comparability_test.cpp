#include "report/comparability.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "keys.hpp"

namespace elbo::host::report {
namespace {

using observation::MeasureKey;

MeasureKey plain(const std::string& base) {
  MeasureKey key = levels_key(784, 256);
  key.base = base;
  key.levels = 0;
  key.quantisation = "none";
  key.chain = {};
  return key;
}

TEST(Comparability, EqualKeysNeedNothing) {
  MeasureKey other = levels_key(784, 256);
  other.estimator = {"iwae", 5000, 10};
  EXPECT_FALSE(conversion(levels_key(784, 256), other));
  EXPECT_FALSE(refusal(levels_key(784, 256), other));
}

TEST(Comparability, ADensityOfDequantisedLevelsBoundsTheMass) {
  const auto rule = conversion(dequantised_key(784, 256), levels_key(784, 256));
  ASSERT_TRUE(rule);
  EXPECT_FALSE(rule->exact);
  EXPECT_NEAR(rule->added, -4347.419116471977, 1e-9);  // 784 ln 256
  EXPECT_FALSE(conversion(levels_key(784, 256), dequantised_key(784, 256)));
  EXPECT_EQ(refusal(levels_key(784, 256), dequantised_key(784, 256))->code, "R1");
}

TEST(Comparability, CentresOfLevelsHaveNoConversion) {
  MeasureKey centres = dequantised_key(784, 256);
  centres.quantisation = "centres";
  EXPECT_FALSE(conversion(centres, levels_key(784, 256)));
  EXPECT_NE(refusal(centres, levels_key(784, 256))->words.find("has no conversion"), std::string::npos);
}

TEST(Comparability, AnotherUnitIsExact) {
  MeasureKey scaled = plain("LR");
  scaled.dimensions = 10;
  MeasureKey stored = scaled;
  scaled.chain = {{"standardize", -2.0}};
  const auto rule = conversion(scaled, stored);
  ASSERT_TRUE(rule);
  EXPECT_TRUE(rule->exact);
  EXPECT_DOUBLE_EQ(rule->added, -20);
  EXPECT_DOUBLE_EQ(conversion(stored, scaled)->added, 20);
}

TEST(Comparability, ATransformWithoutJacobianIsR10) {
  MeasureKey unknown = plain("LR");
  unknown.chain = {{"warp", std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_FALSE(conversion(unknown, plain("LR")));
  EXPECT_EQ(refusal(unknown, plain("LR"))->code, "R10");
}

TEST(Comparability, BinarisationsAreOtherData) {
  MeasureKey one = plain("C2"), two = plain("C2"), soft = plain("C2");
  one.binarisation = "dynamic, test draw seed 1";
  two.binarisation = "dynamic, test draw seed 2";
  soft.binarisation = "soft targets";
  EXPECT_FALSE(conversion(one, two));
  EXPECT_EQ(refusal(one, two)->code, "R2");
  EXPECT_EQ(refusal(one, soft)->code, "R3");
  EXPECT_EQ(refusal(one, levels_key(784, 256))->code, "R1");
}

TEST(Comparability, SoftTargetsBoundTheMeanOverDynamicDrawsAndNothingElse) {
  MeasureKey soft = plain("C2"), dynamic = plain("C2"), threshold = plain("C2");
  soft.binarisation = "soft targets";
  dynamic.binarisation = "dynamic, test draw seed 1";
  threshold.binarisation = "threshold > 0.5";
  const auto rule = conversion(soft, dynamic);
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->added, 0);
  EXPECT_FALSE(rule->exact);
  EXPECT_FALSE(rule->ranked);
  EXPECT_FALSE(conversion(dynamic, soft));
  EXPECT_FALSE(conversion(soft, threshold));
  EXPECT_EQ(refusal(soft, threshold)->code, "R3");
  EXPECT_FALSE(conversion(soft, levels_key(784, 256)));
}

TEST(Comparability, GivenTheirTotalCountsNeedALawOfTheTotal) {
  MeasureKey given = plain("CM");
  given.conditioning = "total of the counts";
  const auto rule = conversion(given, plain("CN"));
  ASSERT_TRUE(rule);
  EXPECT_TRUE(rule->adds_log_total);
  EXPECT_EQ(refusal(given, plain("CN"))->code, "R11");
}

// A distribution that need not keep the total that it is given: a bound of both masses.
TEST(Comparability, AMassGivenTheLibrarySizeBoundsTheMassGivenTheTotal) {
  MeasureKey library = plain("CM"), total = plain("CM");
  library.conditioning = "library size";
  total.conditioning = "total of the counts";
  const auto given_total = conversion(library, total), whole = conversion(library, plain("CN"));
  ASSERT_TRUE(given_total && whole);
  EXPECT_FALSE(given_total->exact);
  EXPECT_FALSE(given_total->adds_log_total);
  EXPECT_FALSE(whole->exact);
  EXPECT_TRUE(whole->adds_log_total);
  EXPECT_FALSE(conversion(total, library));
  EXPECT_EQ(refusal(library, plain("CN"))->code, "R11");
}

TEST(Comparability, OtherDataAndOtherTestDataAreNamed) {
  MeasureKey other = levels_key(784, 256);
  other.data = "e";
  EXPECT_EQ(refusal(levels_key(784, 256), other)->words, "the data or their split differ");
  other = levels_key(784, 256);
  other.test_ids = "u";
  EXPECT_EQ(refusal(levels_key(784, 256), other)->words, "the test data differ");
  EXPECT_FALSE(conversion(dequantised_key(784, 256), other));
}

}  // namespace
}  // namespace elbo::host::report
