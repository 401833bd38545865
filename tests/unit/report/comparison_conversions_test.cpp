// Runs under other base measures that meet in one table, exactly or as bounds.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "outcomes.hpp"

namespace elbo::host::report {
namespace {

TEST(Conversion, ADensityOfDequantisedLevelsJoinsAsABound) {
  const Comparison c = compare({keyed("mass", levels_key(2, 4), -4), keyed("density", dequantised_key(2, 4), -1)});
  ASSERT_EQ(c.rankings.size(), 1u);
  const VariantRow& converted = c.rankings[0].rows[0];
  EXPECT_EQ(converted.variant, "density");
  EXPECT_NEAR(converted.find("log_px")->mean, -1 - 2 * std::log(4.0), 1e-12);
  EXPECT_NEAR(converted.find("bits_per_dim")->mean, (1 + 2 * std::log(4.0)) / (2 * std::log(2.0)), 1e-12);
  EXPECT_TRUE(converted.converted_to_bound);
  EXPECT_NEAR(converted.runs[0].per_example.at("log_px")()[0], -2 - 2 * std::log(4.0), 1e-12);
  const std::string text = comparison_text(c);
  EXPECT_TRUE(has(text, "converted")) << text;
  EXPECT_TRUE(has(text, "density: density on dequantised levels -2.77 nat, a lower bound of the mass (bound)")) << text;
}

TEST(Conversion, ABoundThatLosesIsUndecided) {
  const Comparison c = compare({keyed("mass", levels_key(2, 4), -3), keyed("density", dequantised_key(2, 4), -1)});
  ASSERT_EQ(c.rankings[0].pairs.size(), 1u);
  EXPECT_EQ(c.rankings[0].pairs[0].better, "mass");
  EXPECT_TRUE(has(c.rankings[0].pairs[0].undecided, "is a bound after conversion")) << c.rankings[0].pairs[0].undecided;
}

TEST(Conversion, AUnitIsTakenFromTheFirst) {
  observation::MeasureKey scaled = levels_key(2, 4);
  scaled.base = "LR";
  scaled.levels = 0;
  scaled.quantisation = "none";
  scaled.chain = {{"standardize", -2.0}};
  observation::MeasureKey plain = scaled;
  plain.chain = {};
  const Comparison c = compare({keyed("scaled", scaled, -1), keyed("plain", plain, -4)});
  ASSERT_EQ(c.rankings.size(), 1u);
  EXPECT_NEAR(c.rankings[0].rows[0].find("log_px")->mean, 0, 1e-12);  // -4 + 2 * 2
  EXPECT_EQ(c.rankings[0].rows[0].variant, "plain");
  EXPECT_FALSE(c.rankings[0].rows[0].converted_to_bound);
}

TEST(Conversion, CountsGivenTheirTotalJoinWithALawOfTheTotal) {
  observation::MeasureKey counts = levels_key(2, 4), given = levels_key(2, 4);
  counts.base = "CN", given.base = "CM";
  counts.levels = given.levels = 0;
  counts.quantisation = given.quantisation = "none";
  given.conditioning = "total of the counts";
  RunOutcome multinomial = keyed("multinomial", given, -3);
  multinomial.per_example["log_p_total"] = numbers_of({-1, -2, -3});
  Comparison c = compare({keyed("poisson", counts, -6), multinomial});
  ASSERT_EQ(c.rankings.size(), 1u);
  EXPECT_NEAR(c.rankings[0].rows[0].find("log_px")->mean, -5, 1e-12);
  multinomial.per_example.erase("log_p_total");
  c = compare({keyed("poisson", counts, -6), multinomial});
  ASSERT_EQ(c.rankings.size(), 2u);
  EXPECT_EQ(c.apart[0].rule.code, "R11");
  EXPECT_TRUE(has(comparison_text(c), "tables 1 and 2: R11: conditioning differs")) << comparison_text(c);
}

// Whatever comes first: the mass given the total leads on to the mass on counts, so that all three meet there.
TEST(Conversion, CountsGivenTheirLibrarySizeMeetTheOthersOnCounts) {
  observation::MeasureKey counts = levels_key(2, 4);
  counts.levels = 0;
  counts.quantisation = "none";
  counts.base = "CN";
  observation::MeasureKey total = counts, library = counts;
  total.base = library.base = "CM";
  total.conditioning = "total of the counts", library.conditioning = "library size";
  RunOutcome multinomial = keyed("multinomial", total, -3), one = keyed("one", library, -2),
             other = keyed("other", library, -2.5);
  for (RunOutcome* run : {&multinomial, &one, &other}) run->per_example["log_p_total"] = numbers_of({-1, -2, -3});
  const Comparison c = compare({multinomial, keyed("poisson", counts, -6), one, other});
  ASSERT_EQ(c.rankings.size(), 1u);
  EXPECT_EQ(c.rankings[0].rows[0].variant, "one");
  EXPECT_NEAR(c.rankings[0].rows[0].find("log_px")->mean, -4, 1e-12);
  for (const Pair& pair : c.rankings[0].pairs)
    EXPECT_EQ(has(pair.undecided, "bound after conversion"), false) << "the two bounds are of one kind";
}

TEST(Conversion, SoftTargetsStandBesideDynamicDrawsWithoutARank) {
  observation::MeasureKey dynamic = levels_key(784, 256);
  dynamic.base = "C2";
  dynamic.levels = 0;
  dynamic.quantisation = "none";
  dynamic.binarisation = "dynamic, test draw seed 1";
  observation::MeasureKey soft = dynamic;
  soft.binarisation = "soft targets";
  for (const double shift : {-90.0, -110.0}) {  // above the others, and below
    const Comparison c =
        compare({keyed("soft", soft, shift), keyed("one", dynamic, -100), keyed("two", dynamic, -101)});
    ASSERT_EQ(c.rankings.size(), 1u);
    EXPECT_EQ(c.rankings[0].rows.back().variant, "soft");
    EXPECT_EQ(c.rankings[0].rows.back().find("log_px")->mean, shift);
    ASSERT_EQ(c.rankings[0].pairs.size(), 1u);
    EXPECT_EQ(c.rankings[0].pairs[0].better, "one");
    const std::string text = comparison_text(c);
    EXPECT_TRUE(has(text, "bound, not ranked")) << text;
    EXPECT_TRUE(has(text, "soft: soft targets give a lower bound of the mean of log p(x) over binary draws")) << text;
    EXPECT_FALSE(
        nlohmann::json::parse(comparison_json(c)).at("rankings").at(0).at("rows").at(2).at("ranked").get<bool>());
    EXPECT_TRUE(has(comparison_csv(c), "\"bound, not ranked\"\n"));
  }
}

TEST(Conversion, SoftTargetsAloneAreRanked) {
  observation::MeasureKey soft = levels_key(784, 256);
  soft.base = "C2";
  soft.levels = 0;
  soft.binarisation = "soft targets";
  const Comparison c = compare({keyed("a", soft, -110), keyed("b", soft, -100)});
  EXPECT_EQ(c.rankings.at(0).rows[0].variant, "b");
  EXPECT_EQ(c.rankings[0].pairs.size(), 1u);
}

TEST(Conversion, WhatIsReachedWithoutLatentsIsConvertedAsTheBoundIs) {
  RunOutcome run = keyed("density", dequantised_key(784, 256), 100), level = keyed("mass", levels_key(784, 256), -5000);
  run.summary->values["without_latents"] = 50;
  const Comparison c = compare({level, run});
  ASSERT_EQ(c.rankings.size(), 1u);
  EXPECT_NEAR(c.rankings[0].rows[0].find("without_latents")->mean, 50 - 784 * std::log(256), 1e-9);
}

}  // namespace
}  // namespace elbo::host::report
