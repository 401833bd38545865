// What is said beside a ranking: of seeds, diverged runs, baselines, few data, ties and subsets.
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

const observation::MeasureKey key = levels_key(2, 4);

std::vector<RunOutcome> three_seeds() {
  std::vector<RunOutcome> runs;
  for (const int64_t seed : {1, 2, 3}) {
    runs.push_back(of_numbers("a", seed, about(-10 + 0.01 * static_cast<double>(seed), 100, 0.1, 1)));
    runs.push_back(of_numbers("b", seed, about(-12 + 0.001 * static_cast<double>(seed), 100, 0.1, 2)));
  }
  return runs;
}

TEST(Seeds, OfMethodsHaveOtherWordsThanOfCheckpoints) {
  const std::string text = text_of(three_seeds());
  EXPECT_TRUE(has(text, "a beats b by")) << text;
  EXPECT_FALSE(has(text, "the checkpoints of a beat")) << text;
  EXPECT_TRUE(has(text, "  best\n")) << text;
  auto two = three_seeds();
  two.resize(4);
  const std::string fewer = text_of(two);
  EXPECT_TRUE(has(fewer, "the checkpoints of a beat the checkpoints of b by")) << fewer;
  EXPECT_TRUE(has(fewer, "best (checkpoints)")) << fewer;
  EXPECT_TRUE(has(fewer, "R13: fewer than 3 seeds")) << fewer;
}

TEST(Seeds, OfTheirOwnAreSaid) {
  const std::string sentence = "do not have the same seeds";
  auto runs = three_seeds();
  EXPECT_FALSE(has(text_of(runs), sentence));
  for (size_t i = 1; i < runs.size(); i += 2) runs[i].seed += 3;  // of b
  EXPECT_TRUE(has(text_of(runs), "a and b " + sentence)) << text_of(runs);
}

TEST(Seeds, ThatAreMissingAreCountedAndSaid) {
  for (const char* failure : {"", "crashed with signal 11"}) {
    auto runs = three_seeds();
    runs[5].summary.reset();  // b, seed 3
    runs[5].failure = failure;
    const Comparison c = compare(runs);
    const std::string text = comparison_text(c);
    EXPECT_TRUE(has(text, "2 of 3")) << text;
    EXPECT_TRUE(has(text, "these checkpoints, 2 of 3 seeds")) << text;
    EXPECT_TRUE(has(text, "b: 2 of 3 seeds are in its numbers (seed 3: ")) << text;
    EXPECT_TRUE(has(text, failure)) << text;
    EXPECT_EQ(nlohmann::json::parse(comparison_json(c))["rankings"][0]["rows"][1]["planned_seeds"], 3);
  }
}

TEST(Seeds, ThatAreCopiesOfEachOtherAreSaid) {
  auto runs = three_seeds();
  for (size_t i = 1; i < runs.size(); i += 2)
    runs[i] = of_numbers("b", runs[i].seed, about(-12 + 0.01 * static_cast<double>(i)));
  EXPECT_FALSE(has(text_of(runs), "have the same numbers")) << text_of(runs);
  runs[5] = of_numbers("b", 3, about(-12 + 0.01));  // those of its seed 1
  EXPECT_TRUE(has(text_of(runs), "b: seeds 1 and 3 have the same numbers in every digit")) << text_of(runs);
}

TEST(Diverged, RunsAreNotRankedAndSaid) {
  for (const double elbo : {-1e7, std::nan(""), -std::numeric_limits<double>::infinity()}) {
    RunOutcome broken = of_numbers("broken", 1, std::vector<double>(100, elbo));
    const Comparison c =
        compare({broken, of_numbers("fine", 1, about(-10)), of_numbers("other", 1, about(-11, 100, 0.1, 1))});
    ASSERT_EQ(c.not_ranked.size(), 1u) << elbo;
    EXPECT_EQ(c.not_ranked[0].variant, "broken");
    EXPECT_EQ(c.rankings[0].rows.size(), 2u);
    const std::string text = comparison_text(c);
    EXPECT_TRUE(has(text, "broken, seed 1: R20: its training diverged")) << text;
    EXPECT_TRUE(has(text, "train.optimizer.lr")) << text;
    EXPECT_TRUE(has(comparison_json(c), "\"not_ranked\""));
  }
}

TEST(Diverged, FarBelowItsOwnBaselineEvenWhenEveryRunIs) {
  RunOutcome a = of_numbers("a", 1, about(-1e5)), b = of_numbers("b", 1, about(-1.1e5));
  EXPECT_TRUE(compare({a, b}).not_ranked.empty());
  a.summary->values["without_latents"] = b.summary->values["without_latents"] = -100;
  EXPECT_EQ(compare({a, b}).not_ranked.size(), 2u);
  a.summary->values["without_latents"] = b.summary->values["without_latents"] = -5e4;  // bad, but of the same size
  EXPECT_TRUE(compare({a, b}).not_ranked.empty());
}

TEST(Diverged, OneSeedIsCountedAmongThoseOfItsVariant) {
  auto runs = three_seeds();
  runs[5] = of_numbers("b", 3, std::vector<double>(100, -1e8));
  const std::string text = text_of(runs);
  EXPECT_TRUE(has(text, "2 of 3")) << text;
  EXPECT_TRUE(has(text, "b: 2 of 3 seeds are in its numbers (seed 3: not ranked: its training diverged")) << text;
  EXPECT_TRUE(has(text, "the checkpoints of a beat the checkpoints of b")) << text;
}

/// With this log p(x) of each data point without latents.
RunOutcome with_baseline(RunOutcome run, std::vector<double> baseline) {
  run.summary->values["without_latents"] =
      std::accumulate(baseline.begin(), baseline.end(), 0.0) / static_cast<double>(baseline.size());
  run.per_example["without_latents"] = numbers_of(std::move(baseline));
  return run;
}

TEST(WithoutLatents, AVariantThatIsWorseIsSaid) {
  const RunOutcome a = with_baseline(of_numbers("a", 1, about(-10)), about(-9, 100, 0.1, 2));
  const RunOutcome b = with_baseline(of_numbers("b", 1, about(-12, 100, 0.1, 1)), std::vector<double>(100, -50));
  const std::string text = text_of({a, b});
  EXPECT_TRUE(has(text, "a, the first of this table, lies below its own likelihood without latents (log p(x) -12.9"))
      << text;
  EXPECT_FALSE(has(text, "b lies below")) << text;
}

TEST(WithoutLatents, ADifferenceWithinItsErrorIsNotSaid) {
  const RunOutcome a = with_baseline(of_numbers("a", 1, about(-10, 100, 3)), about(-9.9, 100, 3, 2));
  EXPECT_FALSE(has(text_of({a}), "without latents (")) << text_of({a});
}

TEST(WithoutLatents, TheNumberIsCalledAsInTheHeading) {
  RunOutcome a = with_baseline(of_numbers("a", 1, about(-10)), about(-9, 100, 0.1, 2)),
             b = of_numbers("b", 1, about(-12, 100, 0.1, 1));
  b.summary->values["pareto_k_high"] = 1;
  EXPECT_TRUE(has(text_of({a, b}), "without latents (bound on log p(x) -12.9")) << text_of({a, b});
  for (RunOutcome* run : {&a, &b}) run->summary->values.erase("log_px");
  EXPECT_TRUE(has(text_of({a, b}), "without latents (elbo -13.9")) << text_of({a, b});
}

TEST(FewData, AreSaid) {
  EXPECT_TRUE(has(text_of({of_numbers("a", 1, about(-10, 49)), of_numbers("b", 1, about(-12, 49, 0.1, 1))}),
                  "only 49 test data"));
  EXPECT_FALSE(has(text_of({of_numbers("a", 1, about(-10, 50)), of_numbers("b", 1, about(-12, 50, 0.1, 1))}),
                   "test data: with fewer"));
}

TEST(Influence, OneDatumThatCarriesTheDifferenceIsNamed) {
  std::vector<double> a = about(-10), b = about(-10, 100, 0.1, 1);
  a[17] += 500;
  const std::string text = text_of({of_numbers("a", 1, a), of_numbers("b", 1, b)});
  EXPECT_TRUE(has(text, "row 17 of /per_example, carries the difference of a and b")) << text;
  EXPECT_TRUE(has(text, "100 % of the sum of squares")) << text;
}

TEST(Influence, OneDatumWithoutWhichNothingIsDecidedIsNamed) {
  // 60 differences of +-1 about 0, in pairs, and a few of 2.2: t is about 2.2 with the largest, 1.9 without.
  std::vector<double> a(60, -10), b(60, -10);
  for (size_t i = 0; i < 60; ++i) a[i] += i % 2 ? 1 : -1;
  for (const size_t i : {4, 8, 12, 16, 20}) a[i] += 3.0;
  a[30] += 4.5;
  const Comparison c = compare({of_numbers("a", 1, a), of_numbers("b", 1, b)});
  ASSERT_TRUE(c.rankings[0].pairs[0].influence) << comparison_text(c);
  EXPECT_TRUE(c.rankings[0].pairs[0].influence->undoes_it);
  EXPECT_EQ(c.rankings[0].pairs[0].influence->row, 30u);
  EXPECT_TRUE(has(comparison_text(c), "and the difference is not decided")) << comparison_text(c);
}

TEST(Influence, OfOrdinaryDifferencesNobodyIsNamed) {
  const Comparison c = compare({of_numbers("a", 1, about(-10)), of_numbers("b", 1, about(-12, 100, 1, 1))});
  EXPECT_FALSE(c.rankings[0].pairs[0].influence) << comparison_text(c);
  const Comparison few = compare({of_numbers("a", 1, {-1, -2, -3, -4}), of_numbers("b", 1, {-2, -3.1, -4.2, -4.9})});
  EXPECT_FALSE(few.rankings[0].pairs[0].influence) << comparison_text(few);
}

TEST(Negligible, ADecidedDifferenceWithinTheMarginIsCalledThat) {
  std::vector<double> a = about(-10), b = a;
  for (size_t i = 0; i < b.size(); ++i) b[i] -= 0.0002 + (i % 2 ? 1e-5 : -1e-5);
  const Comparison c = compare({of_numbers("a", 1, a), of_numbers("b", 1, b)});
  const std::string text = comparison_text(c);
  EXPECT_TRUE(has(text,
                  "the checkpoint of a has a negligibly higher log p(x) than the checkpoint of b, by 0.0001 bits/dim = "
                  "0.0002 nat, within the margin of 0.005 bits/dim"))
      << text;
  EXPECT_TRUE(has(text, "among the best (checkpoint)")) << text;
  EXPECT_TRUE(has(text, "negligibly lower")) << text;
  for (const char* never : {"beats", "0.000 nat", "0.0000"}) EXPECT_FALSE(has(text, never)) << text;
}

TEST(Negligible, ADecidedDifferenceWhoseIntervalCrossesTheMarginIsNot) {
  // 0.8 of the margin of 0.005 bits/dim of 2 values, with an interval of +-0.3 of it
  const double margin = 0.005 * 2 * std::log(2.0);
  std::vector<double> a = about(-10), b = a;
  for (size_t i = 0; i < b.size(); ++i) b[i] -= margin * (0.8 + (i % 2 ? 1.5 : -1.5));
  const std::string text = text_of({of_numbers("a", 1, a), of_numbers("b", 1, b)});
  EXPECT_TRUE(has(text, "the checkpoint of a beats the checkpoint of b by")) << text;
  EXPECT_TRUE(has(text, "within the margin of 0.005 bits/dim, but its interval reaches beyond")) << text;
  EXPECT_FALSE(has(text, "negligibl")) << text;
}

TEST(Ties, AreSaid) {
  const std::string text = text_of({of_numbers("a", 1, about(-10)), of_numbers("b", 1, about(-10))});
  EXPECT_TRUE(has(text, "are identical: the same number for each of 100 test data")) << text;
  EXPECT_FALSE(has(text, "p = ")) << text;
}

TEST(Ties, OfOneModelEvaluatedDifferentlyAreCalledThat) {
  const RunOutcome a =
      with_plan(of_numbers("a", 1, about(-10)), R"({"train": {"seed": 1}, "evaluate": {"batch_size": 10}})");
  const RunOutcome b =
      with_plan(of_numbers("b", 1, about(-10)), R"({"train": {"seed": 1}, "evaluate": {"batch_size": 20}})");
  const std::string text = text_of({a, b});
  EXPECT_TRUE(has(text, "since this is the same trained model, evaluated differently (evaluate.batch_size)")) << text;
  EXPECT_FALSE(has(text, "no effect")) << text;
}

TEST(Ties, WithOtherNumbersThatDifferDoNotSayThatNothingHasAnEffect) {
  RunOutcome a = of_numbers("a", 1, about(-10)), b = of_numbers("b", 1, about(-10));
  b.summary->values["factor_dci"] = 0.5;
  const std::string text = text_of({a, b});
  EXPECT_TRUE(has(text, "though other numbers of theirs differ")) << text;
  EXPECT_FALSE(has(text, "no effect")) << text;
}

TEST(Subset, TheElboOfTheSameDataStandsBesideAndTheGapAddsUp) {
  std::vector<double> log_px(10, std::nan("")), elbo(10, -20);
  for (size_t i = 0; i < 4; ++i) log_px[i] = -7, elbo[i] = -8;
  RunOutcome run = keyed("a", key, -7);
  run.per_example["log_px"] = numbers_of(log_px);
  run.per_example["elbo"] = numbers_of(elbo);
  run.summary->values["elbo"] = -15.2;
  run.summary->values["log_px_images"] = 4;
  run.summary->values["gap"] = 1;
  const Comparison c = compare({run});
  const std::string text = comparison_text(c);
  EXPECT_TRUE(has(text, "of so many drawn from the 10 test data")) << text;
  EXPECT_TRUE(has(text, "[nat, of 4]")) << text;
  EXPECT_TRUE(has(text, "[nat, IW 100, of 4]")) << text;
  EXPECT_DOUBLE_EQ(c.rankings[0].rows[0].find(metrics::elbo_of_same_data)->mean, -8);
  EXPECT_FALSE(has(text_of({keyed("all", key, -7)}), "of 3"));
  RunOutcome other = run;  // of another part
  other.variant = "b";
  other.summary->values["log_px_images"] = 2;
  const std::string parts = text_of({run, other});
  EXPECT_TRUE(has(parts, "best elbo first")) << parts;
  EXPECT_TRUE(has(parts, "[nat, in part]")) << parts;
  EXPECT_TRUE(has(parts, "on test data")) << parts;
}

RunOutcome timed(const std::string& variant, double runs_beside, double waited) {
  RunOutcome run = of_numbers(variant, 1, about(variant == "a" ? -10 : -12));
  run.summary->values[metrics::train_seconds] = 3;
  run.summary->values["runs_beside"] = runs_beside;
  run.summary->values["waited"] = waited;
  run.machine = "cpu";
  return run;
}

TEST(TrainingTime, UnderLoadIsNotCompared) {
  const std::string alone = text_of({timed("a", 0, 0.01), timed("b", 0, 0)});
  EXPECT_FALSE(has(alone, "not comparable")) << alone;
  for (const auto& [runs, why] :
       {std::pair{std::vector{timed("a", 1, 0), timed("b", 0, 0)}, "1 other run trained at the same time"},
        {std::vector{timed("a", 0, 0.3), timed("b", 0, 0)}, "waited 30 % of the time for a processor"},
        {std::vector{timed("a", 0, NAN), timed("b", 0, 0)}, "does not say what else ran"}}) {
    const std::string text = text_of(runs);
    EXPECT_TRUE(has(text, "[s, not comparable]")) << text;
    EXPECT_TRUE(has(text, why)) << text;
    EXPECT_TRUE(has(csv_of(runs), ",not comparable,"));
  }
  auto elsewhere = timed("b", 0, 0);
  elsewhere.machine = "another";
  EXPECT_TRUE(has(text_of({timed("a", 0, 0), elsewhere}), "different machines"));
}

TEST(Elbo, OfOtherNumbersOfSamplesIsSaid) {
  RunOutcome a = of_numbers("a", 1, about(-10)), b = of_numbers("b", 1, about(-12));
  for (RunOutcome* run : {&a, &b})
    for (const char* name : {"log_px", "log_px_samples", "log_px_images", "pareto_k_high"})
      run->summary->values.erase(name);
  b.key->estimator.samples = 50;
  EXPECT_TRUE(has(text_of({a, b}), "different numbers of samples of z for each test data point (1 of a, 50 of b)"))
      << text_of({a, b});
}

}  // namespace
}  // namespace elbo::host::report
