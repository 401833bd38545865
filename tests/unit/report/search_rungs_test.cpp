// Searches: which trial is chosen and what is said of it; which trials go on after a rung of halving.
#include "report/search_rungs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "outcomes.hpp"
#include "report/results/read_runs.hpp"

namespace elbo::host::report {
namespace {

using Trials = std::vector<int64_t>;

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A run of a search over lr among `trials`, with this elbo on validation data.
RunOutcome trial_run(int64_t trial, double valid, double test, size_t trials, int64_t seed = 1) {
  RunOutcome run = of_numbers("trial " + std::to_string(trial), seed, about(test));
  run.summary->values["valid_elbo"] = valid;
  run.summary->plan_json =
      R"({"variant": "t", "sweep": {"of": "", "keys": ["train.optimizer.lr"], "points": 3, "trial": 1}, "optimizer": {"lr": 0.00)" +
      std::to_string(trial) + "}}";
  run.sweep = {.name = "train.optimizer.lr", .points = trials, .trial = trial};
  return run;
}

/// The same at a rung of 1, 3 or 9 epochs.
RunOutcome rung_run(int64_t trial, int64_t epochs, double valid, size_t trials = 9) {
  RunOutcome run = trial_run(trial, valid, valid, trials);
  run.variant += " at " + std::to_string(epochs);
  run.sweep.epochs = epochs;
  run.sweep.rungs = {1, 3, 9};
  run.sweep.reduction_factor = 2;
  return run;
}

std::vector<RungScore> scores_of_trials(const std::vector<double>& scores) {
  std::vector<RungScore> all;
  for (size_t i = 0; i < scores.size(); ++i) all.push_back({static_cast<int64_t>(i + 1), scores[i]});
  return all;
}

}  // namespace

TEST(SearchRungs, OneInSoManyGoesOnAndThreeAtLeast) {
  std::vector<double> scores;
  for (int i = 0; i < 27; ++i) scores.push_back(-i);
  EXPECT_EQ(going_on(scores_of_trials(scores), 3).size(), 9u);
  EXPECT_EQ(going_on(scores_of_trials({5, 4, 3, 2, 1, 0, -1, -2, -3, -4}), 3), (Trials{1, 2, 3, 4}));  // rounded up
  EXPECT_EQ(going_on(scores_of_trials({5, 4, 3, 2}), 3), (Trials{1, 2, 3}));
  EXPECT_EQ(going_on(scores_of_trials({5, 4}), 3), (Trials{1, 2}));
  const double none = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(going_on(scores_of_trials({5, none, none, none}), 3), (Trials{1}));
  EXPECT_EQ(going_on(scores_of_trials({none, none}), 3), Trials{});
}

TEST(SearchRungs, DecisionsAreAFunctionOfTheRunsThatHaveEnded) {
  std::vector<RunOutcome> runs;
  for (int64_t trial = 1; trial <= 9; ++trial)
    runs.push_back(rung_run(trial, 1, trial == 4 ? -2.5 : -10. - static_cast<double>(trial % 5)));
  runs[0].summary.reset();
  runs[0].failure = "out of memory";                     // trial 1
  runs[1].summary->values["valid_elbo"] = std::nan("");  // trial 2
  auto searches = halved_searches(runs);
  ASSERT_EQ(searches.size(), 1u);
  ASSERT_EQ(searches[0].taken.size(), 1u);
  // 5 of 9: 4 (-2.5), 5 (-10), 6 (-11), 7 (-12), and 3 before 8, which has the same -13.
  EXPECT_EQ(searches[0].taken[0].go_on, (Trials{3, 4, 5, 6, 7}));
  EXPECT_EQ(searches[0].highest.at(4), 1u);
  EXPECT_EQ(searches[0].highest.at(8), 0u);
  EXPECT_EQ(rung_sentence(searches[0], 0),
            "rung 1 of 3 of the search over train.optimizer.lr, 1 epoch: 5 of 9 trials go on (3, 4, 5, 6, 7); best: "
            "trial 4, elbo on validation data -2.50 nat");
  EXPECT_EQ(rungs_json(searches)[0]["rungs"][0]["go_on"], (Trials{3, 4, 5, 6, 7}));
  EXPECT_TRUE(rungs_json(searches)[0]["rungs"][0]["scores"].back()["score"].is_null());

  for (const int64_t trial : {3, 4, 5, 6}) runs.push_back(rung_run(trial, 3, -static_cast<double>(trial)));
  runs.push_back(rung_run(7, 3, 0));
  runs.back().summary.reset();  // it is not done yet
  EXPECT_EQ(halved_searches(runs)[0].taken.size(), 1u) << "a rung is taken when all of it has ended";
  runs.back().failure = "failed";
  const auto decided = rungs_json(halved_searches(runs));
  EXPECT_EQ(decided[0]["rungs"][1]["go_on"], (Trials{3, 4, 5}));
  std::mt19937 random(1);
  for (int order = 0; order < 20; ++order) {
    std::shuffle(runs.begin(), runs.end(), random);
    EXPECT_EQ(rungs_json(halved_searches(runs)), decided);
  }
}

TEST(SearchRungs, OnlyTheHighestRungOfATrialIsCompared) {
  std::vector<RunOutcome> runs;
  for (int64_t trial = 1; trial <= 4; ++trial) runs.push_back(rung_run(trial, 1, trial == 4 ? 100 : -50, 4));
  for (int64_t trial = 1; trial <= 3; ++trial) runs.push_back(rung_run(trial, 9, -10. - static_cast<double>(trial), 4));
  EXPECT_EQ(at_highest_rungs(runs).size(), 4u);
  const Comparison comparison = compare(runs);
  ASSERT_EQ(comparison.rankings.size(), 1u);
  const Ranking& ranking = comparison.rankings[0];
  ASSERT_EQ(ranking.rows.size(), 1u);
  EXPECT_EQ(ranking.rows[0].variant, "trial 1 at 9") << "trial 4 was better on fewer epochs, and went on no further";
  EXPECT_EQ(ranking.trials.size(), 3u);
  ASSERT_EQ(ranking.selections.size(), 1u);
  EXPECT_EQ(ranking.selections[0].points, 4u) << "those that were stopped count as well";
}

TEST(Search, AChoiceAmongTrialsOfWhichSomeHaveNotEndedSaysSo) {
  std::vector<RunOutcome> runs = {trial_run(1, -90, -80, 3), trial_run(2, -70, -81, 3)};
  const Answer said = answer(compare(runs).rankings.at(0));
  EXPECT_TRUE(said.lead.starts_with(
      "Of 3 trials (2 compared so far; the others have not ended, or failed), validation data choose trial 2"))
      << said.lead;
}

TEST(Search, ValidationDataChooseAndTestDataReport) {
  std::vector<RunOutcome> runs = {trial_run(1, -90, -80, 3), trial_run(2, -70, -81, 3), trial_run(3, -95, -60, 3)};
  const Comparison comparison = compare(runs);
  const Ranking& ranking = comparison.rankings.at(0);
  ASSERT_EQ(ranking.rows.size(), 1u);
  EXPECT_EQ(ranking.rows[0].variant, "trial 2") << "trial 3 is better on the test data, which must not choose";
  const Answer said = answer(ranking);
  EXPECT_TRUE(said.lead.starts_with(
      "Of 3 trials, validation data choose trial 2 (train.optimizer.lr = 0.002): its log p(x) on the test data is -8"))
      << said.lead;
  EXPECT_TRUE(says(said.rest, "the best of 3 trials, and one seed does not tell how much of that is luck"))
      << said.rest;
  EXPECT_TRUE(says(said.claim, "chosen by validation data: trial 2 of 3 trials, elbo -70.00 nat")) << said.claim;
  const std::string text = comparison_text(comparison), csv = comparison_csv(comparison);
  EXPECT_TRUE(text.starts_with(said.lead)) << text;
  EXPECT_TRUE(says(text, "trials that were not chosen, best first by validation data")) << text;
  EXPECT_TRUE(csv.starts_with("# " + said.lead)) << csv;
  EXPECT_TRUE(says(csv, ",seeds,train.optimizer.lr,")) << csv;
  EXPECT_TRUE(says(csv, "not chosen")) << csv;
  EXPECT_LT(text.find("trial 1"), text.find("trial 3")) << text;
}

TEST(Search, SeedsSayHowMuchIsLuck) {
  std::vector<RunOutcome> runs;
  for (int64_t trial = 1; trial <= 3; ++trial)
    for (int64_t seed = 1; seed <= 3; ++seed) {
      const double score = -90 - static_cast<double>((trial * 7 + seed * 5) % 4);
      runs.push_back(trial_run(trial, score, score + 10, 3, seed));
    }
  const Comparison comparison = compare(runs);
  const Selection& s = comparison.rankings.at(0).selections.at(0);
  ASSERT_TRUE(s.of_setting);
  EXPECT_GT(*s.of_setting, 0);
  EXPECT_TRUE(says(answer(comparison.rankings[0]).rest, "As it is the best of 3 trials, expect "))
      << answer(comparison.rankings[0]).rest;
}

TEST(Search, WhatValidationDataChoseOfEachSearchIsRanked) {
  std::vector<RunOutcome> runs;
  for (const char* of : {"a", "b"})
    for (int64_t trial = 1; trial <= 3; ++trial) {
      RunOutcome run = trial_run(trial, trial == 2 ? -10 : -90, of[0] == 'a' ? -80 : -70, 3);
      run.variant = of + std::string(" ") + run.variant;
      run.sweep.name += " of " + std::string(of);
      runs.push_back(run);
    }
  const Comparison comparison = compare(runs);
  const Ranking& ranking = comparison.rankings.at(0);
  ASSERT_EQ(ranking.rows.size(), 2u);
  EXPECT_EQ(ranking.rows[0].variant, "b trial 2");
  EXPECT_EQ(ranking.pairs.size(), 1u);
  EXPECT_TRUE(says(answer(ranking).in_words(), "Validation data chose ")) << answer(ranking).in_words();
  EXPECT_TRUE(says(answer(ranking).in_words(), "of 3 trials each")) << answer(ranking).in_words();
}

TEST(Search, ATrialMayDiverge) {
  std::vector<RunOutcome> runs = {trial_run(1, -90, -80, 3), trial_run(2, -70, -81, 3), trial_run(3, -95, -60, 3)};
  runs[2].summary->values["elbo"] = -std::numeric_limits<double>::infinity();
  runs[2].per_example["elbo"] = numbers_of(std::vector<double>(100, -std::numeric_limits<double>::infinity()));
  runs[2].per_example.erase("log_px");
  runs[2].summary->values.erase("log_px");
  const Comparison comparison = compare(runs);
  ASSERT_EQ(comparison.not_ranked.size(), 1u);
  EXPECT_EQ(comparison.not_ranked[0].why.code, "R20") << comparison.not_ranked[0].why.words;
  EXPECT_FALSE(comparison.has_faults());
  EXPECT_EQ(comparison.rankings.at(0).selections.at(0).points, 3u) << "it was one of the trials all the same";
  for (RunOutcome& run : runs) run.sweep = {};
  EXPECT_TRUE(compare(runs).has_faults()) << "a variant may not";
}

TEST(Search, APlanSaysWhatItIs) {
  const auto sweep = sweep_in({{"sweep",
                                {{"of", "a"},
                                 {"keys", {"latent_dim"}},
                                 {"points", 9},
                                 {"trial", 4},
                                 {"rungs", {1, 3}},
                                 {"reduction_factor", 3}}},
                               {"train", {{"max_epochs", 3}}}});
  EXPECT_EQ(sweep.name, "latent_dim of a");
  EXPECT_EQ(sweep.trial, 4);
  EXPECT_EQ(sweep.epochs, 3);
  EXPECT_EQ(sweep.rungs, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(sweep_in({{"sweep", {{"of", ""}, {"keys", {"dataset.train"}}, {"points", 3}}}}).name, "")
      << "the points of a learning curve are no choice among models";
}

}  // namespace elbo::host::report
