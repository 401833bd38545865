#include "report/results/verification.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "outcomes.hpp"
#include "report/comparison.hpp"

namespace elbo::host::report {
namespace {

/// As a run leaves it: four test data, log p(x) of the first three, every number of the summary that belongs to them.
RunOutcome sound_run() {
  RunOutcome run;
  run.variant = "a";
  run.key = levels_key(4, 256);
  run.key->estimator = {"iwae", 50, 3};
  log::RunSummary summary;
  summary.plugins = {{"encoder", "mlp", "", "", "shipped", "yes", ""},
                     {"likelihood", "gaussian", "", "", "shipped", "yes", ""}};
  summary.values = {{"elbo", -6},
                    {"reconstruction", -5},
                    {"kl", 1},
                    {"log_px", -4},
                    {"log_px_images", 3},
                    {"log_px_samples", 50},
                    {"log_px_se", std::sqrt(1. / 3)},
                    {"gap", 1},
                    {"log_px_bias", -0.02},
                    {"ess_median", 20},
                    {"ess_low", 10},
                    {"non_finite", 0},
                    {"pareto_k_high", 1. / 3},
                    {"bits_per_dim", 1 / std::numbers::ln2}};
  run.per_example = {{"elbo", numbers_of({-6, -5, -4, -9})},
                     {"reconstruction", numbers_of({-5, -4, -3, -8})},
                     {"kl", numbers_of({1, 1, 1, 1})},
                     {"log_px", numbers_of({-5, -4, -3, NAN})},
                     {"bias", numbers_of({-0.01, -0.02, -0.03, NAN})},
                     {"ess", numbers_of({10, 20, 30, NAN})},
                     {"pareto_k", numbers_of({0.2, 0.8, 0.5, NAN})}};
  run.summary = std::move(summary);
  return run;
}

std::string found_in(const RunOutcome& run) {
  const auto why = contradiction(run);
  return why ? why->code + ": " + why->words : "";
}

TEST(Verification, ASoundRunIsBelieved) {
  EXPECT_EQ(found_in(sound_run()), "");
  EXPECT_FALSE(why_not_ranked(sound_run()));
}

TEST(Verification, ProbabilitiesOfTotalsSumToOneAtMost) {
  RunOutcome run = sound_run();
  run.per_example["log_p_total"] = numbers_of({std::log(0.5), std::log(0.5), std::log(0.3), std::log(0.2)});
  EXPECT_EQ(found_in(run), "");  // two data of one total
  run.per_example["log_p_total"] = numbers_of({std::log(0.5), std::log(0.4), std::log(0.3), -INFINITY});
  EXPECT_TRUE(has(found_in(run), "R16: the sum of P(total)")) << found_in(run);
  run.per_example["log_p_total"] = numbers_of({-1, -2, 0.5, -3});
  EXPECT_TRUE(has(found_in(run), "R16: ") && has(found_in(run), "of test data point 2")) << found_in(run);
}

/// Places, variants and rules of those that are set aside for a column that depends on the data alone.
std::string of_other_data_in(const std::vector<std::pair<std::string, std::vector<double>>>& columns) {
  std::vector<RunOutcome> runs;
  for (const auto& [name, numbers] : columns) {
    runs.push_back(sound_run());
    runs.back().variant = std::string(1, static_cast<char>('a' + columns.size() - runs.size()));
    runs.back().per_example[name] = numbers_of(numbers);
  }
  std::string places;
  for (const auto& [place, rule] : of_other_data(runs)) {
    places += std::to_string(place);
    EXPECT_TRUE(rule.code == "R15" && has(rule.words, "/per_example/" + columns[place].first)) << rule.words;
  }
  return places;
}

TEST(Verification, WhatDependsOnTheDataAloneIsTheSameInEveryRun) {
  for (const char* name : {"row", "group", "exact_log_px", "log_p_total"}) {
    EXPECT_EQ(of_other_data_in({{name, {-1, -2, -3, -4}}, {name, {-1, -2, -3, -4}}}), "");
    EXPECT_EQ(of_other_data_in({{name, {-1, -2, -3, NAN}}, {name, {-1, -2, -3, -4}}}), "") << "of fewer data";
    EXPECT_EQ(of_other_data_in({{name, {-1, -2, -3, -4}}, {name, {-2, -1, -3, -4}}}), "01") << "nothing says which";
    EXPECT_EQ(of_other_data_in({{name, {-1, -2, -3, -4}}, {name, {-2, -1, -3, -4}}, {name, {-1, -2, -3, -4}}}), "1");
    EXPECT_EQ(of_other_data_in({{name, {-1, -2, -3, -4}}, {"kl", {1, 1, 1, 1}}}), "") << "one that has none";
  }
}

// The points of a learning curve.
TEST(Verification, TotalsAreOfTheTrainingDataTheyWereFittedTo) {
  std::vector<RunOutcome> runs = {sound_run(), sound_run()};
  for (size_t r = 0; r < 2; ++r) {
    runs[r].per_example["log_p_total"] = numbers_of({-1., -2., -3., -4. - static_cast<double>(r)});
    runs[r].summary->plan_json = R"({"data_fingerprint": ")" + std::to_string(r) + "\"}";
  }
  EXPECT_TRUE(of_other_data(runs).empty());
  runs[1].summary->plan_json = runs[0].summary->plan_json;
  EXPECT_EQ(of_other_data(runs).size(), 2u);
}

TEST(Verification, ARunOfPermutedDataIsNotRanked) {
  std::vector<RunOutcome> runs = {sound_run(), sound_run(), sound_run()};
  for (size_t r = 0; r < 3; ++r) {
    runs[r].variant = std::string(1, static_cast<char>('a' + r));
    runs[r].per_example["row"] = r == 1 ? numbers_of({7, 3, 9, 5}) : numbers_of({3, 7, 9, 5});
  }
  const Comparison c = compare(runs);
  ASSERT_EQ(c.not_ranked.size(), 1u);
  EXPECT_EQ(c.not_ranked[0].variant, "b");
  EXPECT_EQ(c.rankings[0].rows.size(), 2u);
  EXPECT_TRUE(has(comparison_csv(c), "\n# not ranked: b, seed 1: R15: /per_example/row depends on"))
      << comparison_csv(c);
}

TEST(Verification, EveryNumberThatCanBeComputedAgainIs) {
  const RunOutcome sound = sound_run();
  for (const auto& [name, value] : sound.summary->values) {
    RunOutcome run = sound_run();
    run.summary->values[name] = name == "log_px_images" || name == "log_px_samples" ? 2 : value + 1e-6;
    const std::string words = found_in(run);
    EXPECT_TRUE(has(words, "R15: /summary/")) << name << ": " << words;
    if (name != "log_px_images") {
      EXPECT_TRUE(has(words, "/summary/" + name + " is ")) << words;
    }
  }
}

TEST(Verification, TheNumbersOfALadderAreComputedAgain) {
  RunOutcome sound = sound_run();
  sound.key->estimator = {"ladder(1)", 500, 3};
  for (const char* name : {"log_px_samples", "pareto_k_high"}) sound.summary->values.erase(name);
  sound.per_example["rung"] = numbers_of({2, 0, 6, NAN});
  sound.per_example["monte_carlo_se"] = numbers_of({0.03, 0.04, NAN, NAN});
  sound.summary->values["log_px_bias"] = -0.015;  // of those with an error bar
  sound.summary->values["monte_carlo_se"] = 0.025;
  sound.summary->values["not_trusted"] = 1. / 3;
  EXPECT_EQ(found_in(sound), "");
  for (const char* name : {"log_px", "log_px_images", "monte_carlo_se", "not_trusted"}) {
    RunOutcome run = sound;
    run.summary->values[name] += name == std::string("log_px_images") ? -1 : 1e-6;
    EXPECT_TRUE(has(found_in(run), "R15: /summary/")) << name;
  }
}

TEST(Verification, TheValuesFoundAndExpectedAreSaid) {
  RunOutcome run = sound_run();
  run.summary->values["elbo"] = 19.94;
  EXPECT_TRUE(
      has(found_in(run), "/summary/elbo is 19.94, but the numbers of each data point and the measure key give -6;"))
      << found_in(run);
  run.summary->values["elbo"] = NAN;
  EXPECT_TRUE(has(found_in(run), "/summary/elbo is nan")) << found_in(run);
}

TEST(Verification, WithoutTheNumbersOfEachDatumASummaryIsNotBelieved) {
  for (const char* name : {"elbo", "log_px", "reconstruction", "kl"}) {
    RunOutcome run = sound_run();
    run.per_example.erase(name);
    EXPECT_TRUE(has(found_in(run), std::string("R15: /summary/") + name + " is ")) << found_in(run);
  }
}

TEST(Verification, TheTermsOfEachDatumAddUp) {
  RunOutcome run = sound_run();
  run.per_example["elbo"] = numbers_of({-5, -6, -4, -9});  // of the same mean
  EXPECT_TRUE(
      has(found_in(run), "/per_example/elbo of test data point 0 is -5, but its reconstruction less its kl is -6"))
      << found_in(run);
}

TEST(Verification, NaNInBothAgrees) {
  RunOutcome run = sound_run();
  run.per_example["elbo"] = numbers_of({-6, NAN, -4, -9});
  run.per_example["reconstruction"] = numbers_of({-5, NAN, -3, -8});
  for (const char* name : {"elbo", "reconstruction", "gap"}) run.summary->values[name] = NAN;
  EXPECT_EQ(found_in(run), "");
}

/// One test data point's numbers moved up by so much, the summary with them.
RunOutcome raised(const std::string& column, double nats, double samples = 50, double ess = 50) {
  RunOutcome run;
  run.key = levels_key(4, 256);
  run.per_example["elbo"] = numbers_of({-3, -2.5});
  run.per_example["reconstruction"] = numbers_of({-2, -1.5});
  run.per_example["kl"] = numbers_of({1, 1});
  run.per_example["log_px"] = numbers_of({-2.5, -2});
  run.per_example["ess"] = numbers_of({ess, ess});
  std::vector<double> values = run.per_example[column]();
  values[1] = nats;
  run.per_example[column] = numbers_of(values);
  if (column == "reconstruction") run.per_example["elbo"] = numbers_of({-3, nats - 1});
  run.summary = log::RunSummary{};
  for (const char* name : {"elbo", "reconstruction", "kl", "log_px"})
    run.summary->values[name] = (run.per_example[name]()[0] + run.per_example[name]()[1]) / 2;
  run.summary->values["log_px_samples"] = samples;
  return run;
}

TEST(Verification, NoProbabilityExceedsOne) {
  EXPECT_EQ(found_in(raised("log_px", -0.5)), "");
  for (const char* column : {"log_px", "reconstruction"})
    for (const double nats : {0.1, 64., std::numeric_limits<double>::infinity()}) {
      const std::string words = found_in(raised(column, nats));
      EXPECT_TRUE(has(words, "R16: ") && has(words, "of test data point 1 is +") &&
                  has(words, "no probability exceeds 1"))
          << column << " " << nats << ": " << words;
    }
  EXPECT_EQ(found_in(raised("log_px", 1e-4)), "") << "rounding";
}

TEST(Verification, DensitiesMayExceedOne) {
  RunOutcome run = raised("log_px", 64);
  run.key->base = "LR";
  EXPECT_EQ(found_in(run), "");
}

TEST(Verification, AnEstimateMayExceedOneByItsOwnError) {
  EXPECT_EQ(found_in(raised("log_px", 0.3, 50, 20)), "");  // 5 sqrt(1/20 - 1/50) = 0.87
  EXPECT_TRUE(has(found_in(raised("log_px", 1.5, 50, 20)), "R16"));
  EXPECT_EQ(found_in(raised("log_px", 3, 1, 1)), "");  // of one weight no error is known; below log(2 / 1e-6) = 14.5
  EXPECT_TRUE(has(found_in(raised("log_px", 15, 1, 1)), "R16"));
}

/// 100 test data whose elbo is `gap` below log p(x), with noise of standard deviation 1 between them.
RunOutcome with_gap(double gap, double exact_above = 1) {
  std::vector<double> log_px, elbo, exact;
  for (int i = 0; i < 100; ++i) {
    const double noise = std::sqrt(0.99) * (i % 2 ? 1 : -1);
    log_px.push_back(-50 - i);
    elbo.push_back(log_px.back() - gap + noise);
    exact.push_back(log_px.back() + exact_above + 0.5 * noise);
  }
  RunOutcome run = sound_run();
  run.summary->values = {{"elbo", -1}};
  run.per_example = {{"log_px", numbers_of(log_px)}, {"elbo", numbers_of(elbo)}, {"exact_log_px", numbers_of(exact)}};
  return run;
}

TEST(InvalidBound, AGapBelowZeroBeyondItsErrorIsOne) {
  EXPECT_FALSE(invalid_bound(with_gap(0.5)));
  EXPECT_FALSE(invalid_bound(with_gap(-0.29)));  // standard error 0.1
  const auto why = invalid_bound(with_gap(-0.35));
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, "R17");
  EXPECT_TRUE(
      has(why->words, "its elbo lies above log p(x) of the same test data by 0.350 nat with a standard error of 0.100"))
      << why->words;
  EXPECT_TRUE(
      has(why->words,
          "the samples of encoder:mlp do not follow the density that it declares; run elbo plugins check encoder:mlp"))
      << why->words;
}

TEST(InvalidBound, BelowThreeStandardErrorsItMayBeInDoubt) {
  EXPECT_FALSE(bound_in_doubt(with_gap(-0.15)));  // standard error 0.1
  EXPECT_TRUE(has(bound_in_doubt(with_gap(-0.25)).value_or(""), "by 0.250 nat with a standard error of 0.100"));
  const Comparison c = compare({with_gap(-0.25)});
  ASSERT_EQ(c.rankings.size(), 1u);
  const std::vector<std::string> notes = notes_on(c.rankings[0]);
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
    return has(note, "its elbo lies above log p(x)") && has(note, "less than three standard errors");
  }));
}

TEST(InvalidBound, SoIsABoundAboveTheExactLogPx) {
  EXPECT_FALSE(invalid_bound(with_gap(0.5, 0.3)));
  EXPECT_FALSE(invalid_bound(with_gap(0.5, -0.14)));  // standard error 0.05
  const auto why = invalid_bound(with_gap(0.5, -0.2));
  ASSERT_TRUE(why);
  EXPECT_TRUE(has(why->words, "log p(x) lies above the exact log p(x) of the same test data by 0.200 nat"))
      << why->words;
}

TEST(InvalidBound, SoIsAKLBelowZero) {
  RunOutcome run = sound_run();
  run.per_example["kl"] = numbers_of({-0.5, -0.6, -0.4, -0.5});
  const auto why = invalid_bound(run);
  ASSERT_TRUE(why);
  EXPECT_TRUE(has(why->words, "its KL lies below 0 by 0.500 nat")) << why->words;
  run.per_example["kl"] = numbers_of({-0.5, 0.6, -0.4, 0.5});  // sampled
  EXPECT_FALSE(invalid_bound(run));
}

TEST(InvalidBound, OfFewTestDataMoreErrorsAreNeeded) {
  RunOutcome run = with_gap(0);
  run.per_example = {{"log_px", numbers_of({-10, -10, -10})}, {"elbo", numbers_of({-9, -8.5, -9.5})}};
  EXPECT_FALSE(invalid_bound(run));  // 3.5 standard errors, but of Student's distribution with 2 degrees of freedom
  run.per_example["elbo"] = numbers_of({-9, -8.99, -9.01});
  EXPECT_TRUE(invalid_bound(run));
}

TEST(InvalidBound, TakesEverySeedOfItsVariantOutOfTheRanking) {
  RunOutcome invalid = with_gap(-0.5, 1), other = with_gap(0.1, 1), fair = with_gap(0.2, 1);
  other.seed = 2;
  fair.variant = "b";
  const Comparison c = compare({invalid, other, fair});
  ASSERT_EQ(c.rankings.size(), 1u);
  ASSERT_EQ(c.rankings[0].rows.size(), 1u);
  EXPECT_EQ(c.rankings[0].rows[0].variant, "b");
  ASSERT_EQ(c.not_ranked.size(), 2u);
  EXPECT_TRUE(has(comparison_text(c), "a, seed 1: R17: invalid bound: its elbo lies above log p(x)"))
      << comparison_text(c);
  EXPECT_TRUE(has(comparison_text(c), "a, seed 2: R17: the bound of seed 1 of this variant is invalid"))
      << comparison_text(c);
}

TEST(NotRanked, ADensityThatDoesNotSumToOne) {
  RunOutcome run = sound_run();
  run.summary->plugins[1] = {"likelihood",
                             "plus_50",
                             "",
                             "",
                             "not checked",
                             "no",
                             "at raw loc = 0 the density integrates to e^50; expected 1"};
  const Comparison c = compare({run});
  EXPECT_TRUE(c.rankings.empty());
  const std::string text = comparison_text(c);
  EXPECT_TRUE(has(text,
                  "a, seed 1: R18: likelihood:plus_50 is not conforming: at raw loc = 0 the density integrates to "
                  "e^50; expected 1"))
      << text;
}

TEST(NotRanked, WithoutAMeasureNothingIsRanked) {
  RunOutcome run = sound_run();
  run.key.reset();
  const Comparison c = compare({run});
  EXPECT_TRUE(c.rankings.empty());
  EXPECT_TRUE(has(comparison_text(c), "a, seed 1: R19: nothing says what its numbers are about")) << comparison_text(c);
}

}  // namespace
}  // namespace elbo::host::report
