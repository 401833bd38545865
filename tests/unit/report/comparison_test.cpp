#include "report/comparison.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace elbo::report {
namespace {

using Values = std::map<std::string, double>;
using Texts = std::map<std::string, std::string>;

RunOutcome finished(const std::string& variant, int64_t seed, Values values,
                    Texts texts = {{"measure", "pixels"}}) {
  log::RunSummary summary;
  summary.values = std::move(values);
  summary.texts = std::move(texts);
  return {variant, seed, summary, ""};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(Comparison, BestFirstByLogPxWhenAllHaveIt) {
  const std::string text =
      comparison_text({finished("low", 1, {{"elbo", -90}, {"log_px", -99}, {"log_px_samples", 500}}),
                       finished("high", 1, {{"elbo", -95}, {"log_px", -89}, {"log_px_samples", 500}})});
  EXPECT_EQ(text,
            "measure: pixels\n"
            "test data, best log p(x) first\n"
            "\n"
            "variant    elbo       log p(x)\n"
            "          [nat]  [nat, IW 500]\n"
            "-------  ------  -------------\n"
            "high     -95.00         -89.00\n"
            "low      -90.00         -99.00\n");
}

TEST(Comparison, ByElboWhenOneHasNoLogPx) {
  const std::string text = comparison_text(
      {finished("low", 1, {{"elbo", -99}, {"log_px", -80}}), finished("high", 1, {{"elbo", -90}})});
  EXPECT_TRUE(has(text, "best elbo first"));
  EXPECT_LT(text.find("high"), text.find("low"));
}

TEST(Comparison, ADivergedRunIsLast) {
  const std::string text = comparison_text(
      {finished("broken", 1, {{"elbo", std::nan("")}}), finished("fine", 1, {{"elbo", -900}})});
  EXPECT_LT(text.find("fine"), text.find("broken"));
}

TEST(Comparison, SeedsAreAveragedWithTheirDeviation) {
  const std::string text = comparison_text(
      {finished("a", 1, {{"elbo", -1}}), finished("a", 2, {{"elbo", -2}}), finished("a", 3, {{"elbo", -3}})});
  EXPECT_TRUE(has(text, "-2.00 ± 1.00")) << text;
  EXPECT_TRUE(has(text, "over 3 seeds"));
}

TEST(Comparison, AValueThatOneSeedLacksIsNotShown) {
  const std::string text =
      comparison_text({finished("a", 1, {{"elbo", -1}, {"kl", 7}}), finished("a", 2, {{"elbo", -2}})});
  EXPECT_FALSE(has(text, "kl"));
}

TEST(Comparison, DifferentMeasuresAreNotRankedTogether) {
  const std::string text = comparison_text({finished("a", 1, {{"elbo", -1}}, {{"measure", "densities"}}),
                                            finished("b", 1, {{"elbo", -2}}, {{"measure", "levels"}})});
  EXPECT_TRUE(has(text, "measure: densities\n"));
  EXPECT_TRUE(has(text, "measure: levels\n"));
  EXPECT_TRUE(has(text, "Numbers of different measures cannot be compared"));
}

TEST(Comparison, AutoencodersAreListedApartWithoutABound) {
  const std::string text = comparison_text({finished("vae", 1, {{"elbo", -100}, {"reconstruction", -90}}),
                                            finished("ae", 1, {{"elbo", -50}, {"reconstruction", -70}},
                                                     {{"measure", "pixels"}, {"bound", "none"}})});
  EXPECT_TRUE(has(text, "not a bound: excluded from the likelihood table\n")) << text;
  EXPECT_FALSE(has(text, "-50.00"));
  EXPECT_TRUE(has(text, "-70.00"));
  EXPECT_GT(text.find("-70.00"), text.find("not a bound"));
}

TEST(Comparison, FailedAndUnfinishedRunsAreNamed) {
  const std::string text = comparison_text(
      {finished("a", 1, {{"elbo", -1}}), {"b", 2, {}, "crashed with signal 11"}, {"c", 1, {}, ""}});
  EXPECT_TRUE(has(text, "\nb, seed 2: failed: crashed with signal 11\nc, seed 1: not finished\n")) << text;
}

TEST(Comparison, DifferentSampleCountsGetAColumn) {
  const std::string text =
      comparison_text({finished("a", 1, {{"elbo", -9}, {"log_px", -8}, {"log_px_samples", 50}}),
                       finished("b", 1, {{"elbo", -9}, {"log_px", -7}, {"log_px_samples", 5000}})});
  EXPECT_TRUE(has(text, "IW samples")) << text;
  EXPECT_TRUE(has(text, "5000"));
}

TEST(Comparison, ABoundAboveTheExactValueIsSaidLoudly) {
  const Values exact = {{"exact_log_px", -30}, {"log_px_minus_exact_se", 0.1}};
  Values just_below = exact, above = exact;
  just_below.insert({{"elbo", -31}, {"log_px", -29.75}});
  above.insert({{"elbo", -31}, {"log_px", -29.65}});
  EXPECT_TRUE(bounds_above_exact({finished("a", 1, just_below)}).empty());
  EXPECT_TRUE(has(comparison_text({finished("a", 1, just_below)}), "No bound lies above the exact log p(x)"));
  const auto sentences = bounds_above_exact({finished("a", 1, above)});
  ASSERT_EQ(sentences.size(), 1u);
  EXPECT_TRUE(has(sentences[0],
                  "a, seed 1: log p(x) -29.650 nat lies above the exact log p(x) -30.000 nat by 0.350"));
  EXPECT_TRUE(has(comparison_text({finished("a", 1, above)}), "WRONG: a, seed 1"));
}

TEST(Comparison, WithoutAStandardErrorNothingIsClaimed) {
  const std::string text = comparison_text({finished("a", 1, {{"elbo", -31}, {"exact_log_px", -30}})});
  EXPECT_FALSE(has(text, "No bound lies above"));
  EXPECT_TRUE(has(text, "exact log p(x)"));
}

TEST(Comparison, NothingAtAllIsAnEmptyText) { EXPECT_EQ(comparison_text({}), ""); }

TEST(ComparisonCsv, HoldsEveryDigitAndQuotesNames) {
  const std::string csv = comparison_csv({finished("a, \"b\"", 1, {{"elbo", -1.0 / 3}})});
  std::istringstream lines(csv);
  std::string header, row;
  std::getline(lines, header);
  std::getline(lines, row);
  EXPECT_EQ(header.rfind("variant,measure,likelihood,bound,seeds,elbo [nat],elbo sd [nat],", 0), 0u);
  EXPECT_EQ(row.rfind("\"a, \"\"b\"\"\",pixels,,yes,1,-0.3333333333333333,,", 0), 0u) << row;
  EXPECT_EQ(std::count(header.begin(), header.end(), ','),
            std::count(row.begin(), row.end(), ',') - 1);  // one comma is the name's
}

}  // namespace elbo::report
