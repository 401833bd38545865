// Of what a ranking is: of log p(x) where its estimates can be trusted, else of lower bounds.
#include "report/comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <tuple>

#include "metrics/metrics.hpp"
#include "outcomes.hpp"

namespace elbo::host::report {
namespace {

void must_rank_bounds(const std::vector<RunOutcome>& runs, const std::string& why) {
  const Comparison c = compare(runs);
  const std::string text = comparison_text(c);
  EXPECT_TRUE(c.rankings[0].of_bounds);
  EXPECT_TRUE(has(text, "best lower bound on log p(x) first")) << text;
  EXPECT_TRUE(has(text, "bound on log p(x)\n") || has(text, "bound on log p(x)  ")) << text;
  EXPECT_TRUE(has(text, "a higher bound than")) << text;
  EXPECT_TRUE(has(text, "highest bound")) << text;
  EXPECT_TRUE(has(text, why)) << text;
  EXPECT_TRUE(has(text, "of log p(x) itself nothing follows")) << text;
  for (const char* never : {"beat", "best log p(x)", "CV^2"}) EXPECT_FALSE(has(text, never)) << never << "\n" << text;
}

TEST(Ranking, OfTrustedEstimatesIsOfLogPx) {
  const std::string text = text_of({of_numbers("a", 1, about(-10)), of_numbers("b", 1, about(-12, 100, 0.1, 1))});
  EXPECT_TRUE(has(text, "best log p(x) first")) << text;
  EXPECT_TRUE(has(text, "the checkpoint of a beats the checkpoint of b by")) << text;
  EXPECT_TRUE(has(text, "best (checkpoint)")) << text;
  EXPECT_FALSE(has(text, "bound")) << text;
}

TEST(Ranking, OfFewImportanceSamplesIsOfBounds) {
  for (const double samples : {1, 3, 10, 24}) {
    std::vector<RunOutcome> runs = {of_numbers("a", 1, about(-10)), of_numbers("b", 1, about(-12, 100, 0.1, 1))};
    for (RunOutcome& run : runs) {
      run.summary->values["log_px_samples"] = samples;
      run.summary->values.erase("pareto_k_high");  // there is none
      run.summary->values["log_px_bias"] = run.variant == "a" ? -0.4 : -0.1;
    }
    must_rank_bounds(runs, "no Pareto k-hat with K = " + std::to_string(static_cast<int>(samples)));
  }
}

TEST(Ranking, WithoutAKHatIsOfBounds) {
  std::vector<RunOutcome> runs = {of_numbers("a", 1, about(-10)), of_numbers("b", 1, about(-12, 100, 0.1, 1))};
  runs[1].summary->values.erase("pareto_k_high");
  must_rank_bounds(runs, "b: the log holds no Pareto k-hat");
}

TEST(Ranking, OfHeavyWeightsIsOfBounds) {
  std::vector<RunOutcome> runs = {of_numbers("a", 1, about(-10)), of_numbers("b", 1, about(-12, 100, 0.1, 1))};
  runs[0].summary->values["pareto_k_high"] = 0.25;
  runs[0].summary->values["log_px_bias"] = -0.4;
  must_rank_bounds(runs, "a: Pareto k-hat is above 0.7 for 25.0 % of the test data");
}

TEST(Ranking, OfOneHeavySeedAmongManyIsOfBounds) {
  std::vector<RunOutcome> runs;
  for (const int64_t seed : {1, 2, 3, 4, 5})
    for (const char* variant : {"a", "b"})
      runs.push_back(
          of_numbers(variant, seed, about(variant[0] == 'a' ? -10 : -12, 100, 0.1, static_cast<size_t>(seed))));
  EXPECT_FALSE(compare(runs).rankings[0].of_bounds);
  runs[4].summary->values["pareto_k_high"] = 0.02;
  EXPECT_TRUE(compare(runs).rankings[0].of_bounds);
}

TEST(Ranking, OfSamplesThatStillAddMuchIsOfBounds) {
  std::vector<RunOutcome> runs = {of_numbers("a", 1, about(-10)), of_numbers("b", 1, about(-12, 100, 0.1, 1))};
  runs[1].summary->values["log_px_bias"] = -0.22;
  runs[1].summary->values["log_px_rise"] = 10;
  must_rank_bounds(runs, "b: the second half of the importance samples still added 10.00 nat");
}

/// Estimated by the ladder, with a certificate that holds.
RunOutcome of_ladder(const std::string& variant, std::vector<double> log_px) {
  RunOutcome run = of_numbers(variant, 1, std::move(log_px));
  for (const char* name : {"log_px_samples", "pareto_k_high"}) run.summary->values.erase(name);
  run.key->estimator = {"ladder(1)", 500, 100};
  for (const auto& [name, value] : Values{{"not_trusted", 0.004},
                                          {"certificate_gap", 0.003},
                                          {"certificate_largest", 0.02},
                                          {"certificate_annealed", 0.004},
                                          {"certificate_annealed_se", 0.01},
                                          {"modes", 1}})
    run.summary->values[name] = value;
  return run;
}

TEST(Ranking, OfALadderWhoseCertificateHoldsIsOfLogPx) {
  const std::string text = text_of({of_ladder("a", about(-10)), of_ladder("b", about(-12, 100, 0.1, 1))});
  EXPECT_TRUE(has(text, "best log p(x) first")) << text;
  EXPECT_TRUE(has(text, "[nat, ladder(1)]")) << text;
  EXPECT_TRUE(has(text, "log p(x) trustworthy on at least 99.6 % of test data; sandwich at most 0.003 nat")) << text;
  EXPECT_FALSE(has(text, "bound")) << text;
  const std::string alone = text_of({of_ladder("a", about(-10))});
  EXPECT_TRUE(has(alone, "log p(x) trustworthy on 99.6 % of test data; sandwich 0.003 nat")) << alone;
}

TEST(Ranking, OfALadderWhoseCertificateFailsIsOfBounds) {
  for (const auto& [name, value, why] : std::vector<std::tuple<const char*, double, const char*>>{
           {"not_trusted", 0.02, "a: no estimator of the ladder passes its test for 2.0 % of the test data"},
           {"certificate_gap", 0.3, "upper and lower bound are 0.3 nat apart"},
           {"certificate_gap", INFINITY, "upper and lower bound are inf nat apart"},
           {"certificate_gap", NAN, "the log holds no sandwich"},
           {"certificate_largest", 1.5, "and 1.5 nat for one of them"},
           {"certificate_annealed", 0.09, "annealed importance sampling finds 0.09 nat more"}}) {
    std::vector<RunOutcome> runs = {of_ladder("a", about(-10)), of_ladder("b", about(-12, 100, 0.1, 1))};
    runs[0].summary->values[name] = value;
    must_rank_bounds(runs, why);
    EXPECT_FALSE(has(text_of(runs), "log p(x) trustworthy")) << text_of(runs);
    EXPECT_TRUE(has(text_of(runs), "log p(x) not trustworthy, as said above: the certificate fails")) << text_of(runs);
  }
}

TEST(Ranking, NeverHasLadderAndImportanceNumbersTogether) {
  const Comparison c = compare({of_ladder("a", about(-10)), of_numbers("b", 1, about(-12, 100, 0.1, 1))});
  EXPECT_EQ(c.rankings[0].value, "elbo");
  EXPECT_TRUE(has(comparison_text(c), "[nat, IW or ladder(1)]")) << comparison_text(c);
  EXPECT_TRUE(has(comparison_text(c), "R8: log p(x) was estimated by different estimators (elbo, ladder(1))"))
      << comparison_text(c);
}

TEST(Ranking, OfElbosIsOfBounds) {
  std::vector<RunOutcome> runs = {of_numbers("a", 1, about(-10)), of_numbers("b", 1, about(-12, 100, 0.1, 1))};
  for (RunOutcome& run : runs)
    for (const char* name : {"log_px", "log_px_samples", "log_px_images", "pareto_k_high"})
      run.summary->values.erase(name);
  const std::string text = text_of(runs);
  EXPECT_TRUE(has(text, "best elbo first, a lower bound on log p(x)")) << text;
  EXPECT_TRUE(has(text, "the checkpoint of a has a higher bound than the checkpoint of b, by")) << text;
  EXPECT_TRUE(has(text, "the elbo is a lower bound on log p(x) and may lie far below it")) << text;
  EXPECT_FALSE(has(text, "beats")) << text;
}

TEST(Ranking, OfBoundsIsUndecidedAndEquivalentInBoundsOnly) {
  std::vector<RunOutcome> runs = {of_numbers("a", 1, about(-10)), of_numbers("b", 1, about(-10.0001, 100, 0.001))};
  for (RunOutcome& run : runs) run.summary->values["pareto_k_high"] = 1;
  runs[0].summary->values["log_px_bias"] = -0.5;  // not relied on
  const Comparison c = compare(runs);
  EXPECT_EQ(c.rankings[0].pairs[0].bias, 0);
  EXPECT_TRUE(has(comparison_text(c), "the bounds of the checkpoints of ")) << comparison_text(c);
  EXPECT_FALSE(has(comparison_csv(c), "-0.5"));
}

TEST(Ranking, EveryFormatSaysTheSame) {
  std::vector<RunOutcome> runs = {of_numbers("a", 1, about(-10)), of_numbers("b", 1, about(-12, 100, 0.1, 1))};
  for (RunOutcome& run : runs) run.summary->values["pareto_k_high"] = 1;
  const Comparison c = compare(runs);
  for (const std::string& text : {comparison_text(c), comparison_markdown(c), comparison_latex(c)}) {
    EXPECT_TRUE(has(text, "best lower bound on log p(x) first")) << text;
    EXPECT_TRUE(has(text, "has a higher bound than")) << text;
    EXPECT_TRUE(has(text, "highest bound (checkpoint)")) << text;
  }
  EXPECT_TRUE(has(comparison_csv(c), ",log_px,lower bounds,highest bound (checkpoint),")) << comparison_csv(c);
  const auto json = nlohmann::json::parse(comparison_json(c))["rankings"][0];
  EXPECT_EQ(json["of"], "lower bounds");
  EXPECT_TRUE(has(json["caption"], "best lower bound on log p(x) first"));
  EXPECT_EQ(json["marks"][0], "highest bound (checkpoint)");
  EXPECT_EQ(json["pairs"][0]["of"], "lower bounds");
  EXPECT_EQ(json["pairs"][0]["about"], "checkpoints");
  EXPECT_TRUE(json["pairs"][0]["bias"].is_null());
}

}  // namespace
}  // namespace elbo::host::report
