#include "report/comparison.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <sstream>

#include "outcomes.hpp"

namespace elbo::host::report {
namespace {

TEST(Comparison, BestFirstByLogPxWhenAllHaveIt) {
  const std::string text =
      text_of({finished("low", 1, {{"elbo", -90}, {"log_px", -99}, {"log_px_samples", 500}, {"pareto_k_high", 0}}),
               finished("high", 1, {{"elbo", -95}, {"log_px", -89}, {"log_px_samples", 500}, {"pareto_k_high", 0}})});
  EXPECT_EQ(text,
            "No answer: no two variants have numbers of the same test data.\n"
            "\n"
            "measure: mass on 4 levels\n"
            "test data, best log p(x) first\n"
            "\n"
            "variant    elbo       log p(x)\n"
            "          [nat]  [nat, IW 500]\n"
            "-------  ------  -------------\n"
            "high     -95.00         -89.00\n"
            "low      -90.00         -99.00\n");
}

TEST(Comparison, ByElboWhenOneHasNoLogPx) {
  const std::string text =
      text_of({finished("low", 1, {{"elbo", -99}, {"log_px", -80}}), finished("high", 1, {{"elbo", -90}})});
  EXPECT_TRUE(has(text, "best elbo first, a lower bound on log p(x)")) << text;
  EXPECT_LT(text.find("\nhigh "), text.find("\nlow ")) << text;
}

TEST(Comparison, SeedsAreAveragedWithTheirDeviation) {
  const std::string text =
      text_of({finished("a", 1, {{"elbo", -1}}), finished("a", 2, {{"elbo", -2}}), finished("a", 3, {{"elbo", -3}})});
  EXPECT_TRUE(has(text, "-2.00 ± 1.00")) << text;
  EXPECT_TRUE(has(text, "over 3 seeds"));
}

TEST(Comparison, AValueThatOneSeedLacksIsNotShown) {
  const std::string text = text_of({finished("a", 1, {{"elbo", -1}, {"kl", 7}}), finished("a", 2, {{"elbo", -2}})});
  EXPECT_FALSE(has(text, "kl"));
}

TEST(Comparison, AutoencodersWithTheSameNumbersAreCalledOneResult) {
  const auto autoencoder = [](const char* variant, double reconstruction) {
    return finished(variant, 1, {{"reconstruction", reconstruction}}, {{"measure", "pixels"}, {"bound", "none"}});
  };
  EXPECT_TRUE(
      has(text_of({autoencoder("a", -7), autoencoder("b", -7)}), "a and b gave the same numbers in every digit"));
  EXPECT_FALSE(has(text_of({autoencoder("a", -7), autoencoder("b", -8)}), "the same numbers"));
}

TEST(Comparison, DifferentMeasuresAreNotRankedTogether) {
  const std::string text = text_of({finished("a", 1, {{"elbo", -1}}, {{"measure", "densities"}}),
                                    finished("b", 1, {{"elbo", -2}}, {{"measure", "levels"}})});
  EXPECT_EQ(compare({finished("a", 1, {{"elbo", -1}}, {{"measure", "densities"}}),
                     finished("b", 1, {{"elbo", -2}}, {{"measure", "levels"}})})
                .rankings.size(),
            2u);
  EXPECT_TRUE(has(text, "Numbers of different measures cannot be compared"));
}

TEST(Comparison, AutoencodersAreListedApartWithoutABound) {
  const std::string text = text_of(
      {finished("vae", 1, {{"elbo", -100}, {"reconstruction", -90}}),
       finished("ae", 1, {{"elbo", -50}, {"reconstruction", -70}}, {{"measure", "pixels"}, {"bound", "none"}})});
  EXPECT_TRUE(has(text, "not a bound: excluded from the likelihood table (R9)\n")) << text;
  EXPECT_FALSE(has(text, "-50.00"));
  EXPECT_TRUE(has(text, "-70.00"));
  EXPECT_GT(text.find("-70.00"), text.find("not a bound"));
}

TEST(Comparison, FailedAndUnfinishedRunsAreNamed) {
  const std::string text =
      text_of({finished("a", 1, {{"elbo", -1}}), {"b", 2, {}, "crashed with signal 11"}, {"c", 1, {}, ""}});
  EXPECT_TRUE(has(text, "\nb, seed 2: failed: crashed with signal 11\nc, seed 1: not finished\n")) << text;
}

TEST(Comparison, DifferentSampleCountsGetAColumn) {
  const std::string text = text_of({finished("a", 1, {{"elbo", -9}, {"log_px", -8}, {"log_px_samples", 50}}),
                                    finished("b", 1, {{"elbo", -9}, {"log_px", -7}, {"log_px_samples", 5000}})});
  EXPECT_TRUE(has(text, "IW samples")) << text;
  EXPECT_TRUE(has(text, "5000"));
}

TEST(Comparison, WhereEveryBoundWasCheckedAgainstTheExactValueItIsSaid) {
  EXPECT_TRUE(has(text_of({finished("a", 1, {{"elbo", -31}, {"exact_log_px", -30}, {"log_px_minus_exact_se", 0.1}})}),
                  "No bound lies above the exact log p(x)"));
}

TEST(Comparison, OfOneTestDatumNoBoundWasCheckedAgainstTheExactOne) {
  const double none = std::nan("");
  EXPECT_FALSE(has(
      text_of(
          {finished("a", 1, {{"elbo", -10}, {"log_px", -9}, {"exact_log_px", -8}, {"log_px_minus_exact_se", none}})}),
      "No bound lies above"));
}

TEST(Comparison, WithoutAStandardErrorNothingIsClaimed) {
  const std::string text = text_of({finished("a", 1, {{"elbo", -31}, {"exact_log_px", -30}})});
  EXPECT_FALSE(has(text, "No bound lies above"));
  EXPECT_TRUE(has(text, "exact log p(x)"));
}

TEST(Comparison, NothingAtAllIsAnEmptyText) { EXPECT_EQ(text_of({}), ""); }

TEST(Comparison, OtherSampleCountsCannotRank) {
  const std::string text = text_of({keyed("a", levels_key(2, 4), -8, 50), keyed("b", levels_key(2, 4), -7, 5000)});
  EXPECT_TRUE(has(text, "best elbo first")) << text;
  EXPECT_TRUE(has(text, "R8: log p(x) was estimated with different numbers of samples")) << text;
}

TEST(Comparison, WhereTheElboRanksBitsPerDimAreOfIt) {
  RunOutcome few = keyed("few", levels_key(4, 256), -8, 100), many = keyed("many", levels_key(4, 256), -9, 5000);
  few.summary->values["bits_per_dim"] = many.summary->values["bits_per_dim"] = 1;
  many.summary->values["log_px_images"] = 2;
  const Comparison comparison = compare({few, many});
  EXPECT_EQ(comparison.rankings[0].value, "elbo");
  EXPECT_NEAR(comparison.rankings[0].rows[0].find("bits_per_dim")->mean, 9 / (4 * std::numbers::ln2), 1e-12);
  EXPECT_TRUE(has(comparison_text(comparison),
                  "with different numbers of samples and on different numbers of test data, so it cannot rank"));
}

TEST(Comparison, AnInfiniteBoundIsSaid) {
  RunOutcome broken = keyed("broken", levels_key(2, 4), -5);
  broken.per_example["log_px"] = numbers_of({-6, -INFINITY, -4});
  broken.summary->values["log_px"] = -INFINITY;
  const std::string text = text_of({keyed("fine", levels_key(2, 4), -4), broken});
  EXPECT_TRUE(has(text, "R12: broken: the bound of 1 test data is not finite")) << text;
}

TEST(Comparison, FewSeedsAreSaid) {
  const std::string text = text_of({keyed("a", levels_key(2, 4), -4), keyed("b", levels_key(2, 4), -5)});
  EXPECT_TRUE(has(text,
                  "the checkpoint of a beats the checkpoint of b by 0.7213 bits/dim = 1.000 nat (95 % 0.7213 to "
                  "0.7213, these checkpoints)"))
      << text;
  EXPECT_TRUE(has(text, "R13: fewer than 3 seeds")) << text;
}

TEST(Comparison, ABiasOfEstimatesThatDiffersIsSaid) {
  RunOutcome biased = keyed("biased", levels_key(2, 4), -5);
  biased.summary->values["log_px_bias"] = -0.08;
  const std::string text = text_of({keyed("fine", levels_key(2, 4), -4), biased});
  EXPECT_TRUE(has(text, "the checkpoint of fine beats the checkpoint of biased")) << text;
  EXPECT_TRUE(has(text, "differ in their own bias (-CV^2 / 2K) by up to 0.08 nat")) << text;
}

TEST(Comparison, MarkdownAndLatexAreWellFormed) {
  const Comparison c = compare({keyed("a_b|c", levels_key(2, 4), -4), keyed("100%", levels_key(2, 4), -5)});
  const std::string markdown = comparison_markdown(c), latex = comparison_latex(c);
  EXPECT_TRUE(has(markdown, "| a\\_b\\|c |")) << markdown;
  EXPECT_TRUE(has(markdown, "| :-- | --: |")) << markdown;
  EXPECT_TRUE(has(latex, "\\begin{tabular}{lrrl}")) << latex;
  EXPECT_TRUE(has(latex, "100\\% & ")) << latex;
}

TEST(Comparison, JsonHoldsEveryPairAndTheKey) {
  const auto json = nlohmann::json::parse(
      comparison_json(compare({keyed("a", levels_key(2, 4), -4), keyed("b", levels_key(2, 4), -5)})));
  const auto& ranking = json.at("rankings").at(0);
  EXPECT_EQ(ranking.at("measure_key").at("base"), "C4");
  EXPECT_EQ(ranking.at("pairs").at(0).at("better"), "a");
  EXPECT_EQ(ranking.at("pairs").at(0).at("about"), "checkpoints");
  EXPECT_EQ(ranking.at("procedure"), "test_data+holm");
  EXPECT_EQ(ranking.at("best").at(1).at("may_be_best"), false);
  EXPECT_TRUE(ranking.at("seed_noise").is_null());
}

TEST(ComparisonCsv, HoldsEveryDigitAndQuotesNames) {
  const std::string csv = csv_of({finished("a, \"b\"", 1, {{"elbo", -1.0 / 3}})});
  std::istringstream lines(csv);
  std::string answer, header, row;
  std::getline(lines, answer);
  std::getline(lines, header);
  std::getline(lines, row);
  EXPECT_EQ(answer.rfind("# a, \"b\" is the only variant", 0), 0u) << answer;
  EXPECT_EQ(header.rfind("variant,measure,likelihood,bound,seeds,elbo [nat],elbo sd [nat],", 0), 0u);
  EXPECT_EQ(row.rfind("\"a, \"\"b\"\"\",mass on 4 levels,,yes,1,-0.3333333333333333,,", 0), 0u) << row;
  EXPECT_EQ(std::count(header.begin(), header.end(), ','),
            std::count(row.begin(), row.end(), ',') - 1);  // one comma is the name's
}

}  // namespace
}  // namespace elbo::host::report
