// One look after the other on numbers that are made up, and comparisons of runs whose seeds are added until decided.
#include "report/statistics/looks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>

#include <nlohmann/json.hpp>

#include "outcomes.hpp"

namespace elbo::host::report {
namespace {

using experiment::SeedRule;

/// A difference of two variants with the standard error 1, 1000 test data and seeds that are known well; `images` is the test data's share.
Measured of_pair(size_t better, size_t worse, double mean, double images = 0, double margin = 0) {
  const MeanError error{
      .seeds = 1 - images, .seeds_freedom = 1000, .images = images, .images_freedom = 999, .by_parts = false};
  return {{better, worse, mean, error}, margin};
}

TEST(Looks, EachHasItsShareOfTheLevel) {
  const auto levels = nlohmann::json::parse(
      std::ifstream(ELBO_SOURCE_DIR "/tests/vectors/decisions.json"))["levels"]["looks 3,4,5,6,8, equal"];
  ASSERT_EQ(levels.size(), SeedRule().looks.size());
  for (const double level : levels) EXPECT_DOUBLE_EQ(SeedRule().level(), level);
}

TEST(Looks, DecidedPairsAreLeftAndCountAsRejected) {
  LookState state(3);
  // One of three pairs at p = 0.0030 is not enough at 0.01, since Holm's factor is 3; with two decided its factor is 1.
  const std::vector<Measured> first = {of_pair(0, 1, 20), of_pair(0, 2, 20), of_pair(1, 2, 2.97)};
  take_look({}, first, state);
  EXPECT_EQ(state.count(PairState::decided), 3u);
  LookState slow(3);
  take_look({}, {of_pair(0, 1, 3.1), of_pair(0, 2, 20), of_pair(1, 2, 2.97)}, slow);
  EXPECT_EQ(slow.pair_of(1, 2)->state, PairState::decided);  // 2 p = 0.006, then p = 0.003
  LookState open(3);
  take_look({}, {of_pair(0, 1, 2.4), of_pair(0, 2, 20), of_pair(1, 2, 2.5)}, open);
  EXPECT_EQ(open.count(PairState::decided), 1u);
  EXPECT_EQ(open.goes_on, (std::vector<bool>{true, true, true}));
  take_look({}, {of_pair(0, 1, 2.4), of_pair(0, 2, 0), of_pair(1, 2, 2.9)}, open);
  EXPECT_EQ(open.pair_of(0, 2)->state, PairState::decided);  // stays, whatever is measured later
  EXPECT_EQ(open.pair_of(0, 2)->look, 1u);
  EXPECT_EQ(open.pair_of(1, 2)->state, PairState::decided);
  EXPECT_NEAR(open.pair_of(1, 2)->p, 5 * 2 * 0.00382, 1e-4);  // 2 pairs left, 5 looks
  EXPECT_EQ(open.goes_on, (std::vector<bool>{true, true, false}));
}

TEST(Looks, WhatMoreSeedsCannotDecideIsGivenUp) {
  LookState state(3);
  // Two pairs at the same difference: one that seeds limit, which eight instead of three will tell, and one that the test data limit.
  take_look({}, {of_pair(0, 1, 1.6), of_pair(0, 2, 1.6, 0.95), of_pair(1, 2, 9)}, state);
  EXPECT_EQ(state.pair_of(0, 1)->state, PairState::open);
  EXPECT_EQ(state.pair_of(0, 2)->state, PairState::given_up);
  EXPECT_EQ(state.goes_on, (std::vector<bool>{true, true, false}));
  EXPECT_NEAR(state.pair_of(0, 2)->projected.seeds, 0.05 * 3 / 8, 1e-12);
  EXPECT_EQ(state.pair_of(0, 2)->projected.images, 0.95);
}

TEST(Looks, EquivalentPairsNeedNoMoreSeeds) {
  LookState state(2);
  take_look({}, {of_pair(0, 1, 0.1, 0, 5)}, state);
  EXPECT_EQ(state.pair_of(1, 0)->state, PairState::equivalent);
  EXPECT_EQ(state.goes_on, (std::vector<bool>{false, false}));
}

TEST(Looks, PairsThatNothingCanDecideAreGivenUpAtOnce) {
  LookState state(2);
  Measured one = of_pair(0, 1, 50);
  one.decides_nothing = true;
  take_look({}, {one}, state);
  EXPECT_EQ(state.pair_of(0, 1)->state, PairState::given_up);
  EXPECT_TRUE(state.best[1].may_be_best());
}

TEST(Looks, TheBestNeedsNoOrderOfTheOthers) {
  const SeedRule rule{.goal = "best"};
  LookState state(3);
  take_look(rule, {of_pair(0, 1, 9), of_pair(0, 2, 9), of_pair(1, 2, 1.6)}, state);
  EXPECT_EQ(state.pair_of(1, 2)->state, PairState::open);
  EXPECT_EQ(state.goes_on, (std::vector<bool>{false, false, false}));
  EXPECT_FALSE(state.best[1].may_be_best());
  EXPECT_TRUE(state.best[0].may_be_best());
}

TEST(Looks, AfterTheLastNothingGoesOn) {
  const SeedRule rule{.looks = {3}};
  LookState state(2);
  take_look(rule, {of_pair(0, 1, 1.9)}, state);
  EXPECT_EQ(state.pair_of(0, 1)->state, PairState::open);  // p = 0.058; nothing is given up where nothing could follow
  EXPECT_EQ(state.goes_on, (std::vector<bool>{false, false}));
}

// --------------------------------------------------------------------------------------------- of runs

/// A run of a variant about `centre`, with noise of its seed and of each test data point that depends on the names alone.
RunOutcome looked_run(const std::string& variant, int64_t seed, double centre, double seed_sd, double image_sd = 1,
                      size_t data = 400) {
  std::seed_seq of_run{static_cast<int64_t>(variant[0]), seed}, of_variant{static_cast<int64_t>(variant[0])};
  std::mt19937_64 run(of_run), images(of_variant);
  std::normal_distribution<double> of_seed, of_image;
  const double shift = centre + seed_sd * of_seed(run);
  std::vector<double> values;
  double sum = 0;
  for (size_t i = 0; i < data; ++i) {
    values.push_back(shift + image_sd * of_image(images) + 0.01 * of_seed(run));
    sum += values.back();
  }
  RunOutcome outcome = finished(variant, seed,
                                {{"elbo", sum / static_cast<double>(data) - 1},
                                 {"log_px", sum / static_cast<double>(data)},
                                 {"log_px_samples", 100},
                                 {"log_px_images", static_cast<double>(data)},
                                 {"pareto_k_high", 0}});
  std::vector<double> elbo = values;
  for (double& v : elbo) v -= 1;
  outcome.per_example["log_px"] = numbers_of(values);
  outcome.per_example["elbo"] = numbers_of(elbo);
  outcome.seed_rule = SeedRule();
  return outcome;
}

using Centres = std::map<std::string, double>;

/// What elbo run does: runs, a look, the runs that it asks for, and so on.
std::vector<RunOutcome> until_decided(const Centres& centres, double seed_sd, double image_sd = 1, size_t data = 400) {
  std::vector<RunOutcome> runs;
  std::map<std::string, int64_t> wanted;
  for (const auto& [variant, centre] : centres) wanted[variant] = 3;
  for (int look = 0; look < 9 && !wanted.empty(); ++look) {
    for (const auto& [variant, seeds] : wanted)
      for (int64_t seed = 1; seed <= seeds; ++seed)
        if (std::none_of(runs.begin(), runs.end(),
                         [&](const RunOutcome& run) { return run.variant == variant && run.seed == seed; }))
          runs.push_back(looked_run(variant, seed, centres.at(variant), seed_sd, image_sd, data));
    wanted = compare(runs).seeds_wanted;
  }
  return runs;
}

size_t seeds_of(const std::vector<RunOutcome>& runs, const std::string& variant) {
  return static_cast<size_t>(
      std::count_if(runs.begin(), runs.end(), [&](const RunOutcome& run) { return run.variant == variant; }));
}

TEST(SeedLooks, ClearDifferencesAreDecidedAtTheFirstLook) {
  const auto runs = until_decided({{"a", -10}, {"b", -60}, {"c", -100}}, 0.3);
  EXPECT_EQ(runs.size(), 9u);
  const std::string text = text_of(runs);
  EXPECT_TRUE(has(text, "best: a (proved against each of the 2 others at level 0.05, look 1 of 5)")) << text;
  EXPECT_TRUE(has(text, "look 1 of 5, 3 seeds: 3 pairs decided, 2 proved not to be the best; no variant needs more"))
      << text;
  EXPECT_TRUE(has(text, "9 of at most 24 runs were needed: 15 saved")) << text;
  EXPECT_TRUE(has(text, ", at look 1 of 5")) << text;
}

TEST(SeedLooks, OnlyOpenVariantsAreGivenSeeds) {
  const auto runs = until_decided({{"a", -10}, {"b", -11.2}, {"c", -100}}, 0.6);
  EXPECT_EQ(seeds_of(runs, "c"), 3u);
  EXPECT_GT(seeds_of(runs, "a"), 3u);
  EXPECT_EQ(seeds_of(runs, "a"), seeds_of(runs, "b"));
}

TEST(SeedLooks, ALookDependsOnItsOwnRunsAlone) {
  auto runs = until_decided({{"a", -10}, {"b", -11.2}, {"c", -100}}, 0.6);
  const Comparison whole = compare(runs);
  ASSERT_EQ(whole.rankings.size(), 1u);
  const auto looks = looks_json(whole.rankings[0]);
  ASSERT_GT(looks.size(), 1u);
  std::reverse(runs.begin(), runs.end());
  EXPECT_EQ(looks_json(compare(runs).rankings[0]), looks);  // whatever the order in which they are read
  // With the runs of the first look alone it decides the same, and asks for those that were added.
  std::erase_if(runs, [](const RunOutcome& run) { return run.seed > 3; });
  const Comparison first = compare(runs);
  EXPECT_EQ(looks_json(first.rankings[0])[0], looks[0]);
  EXPECT_EQ(first.seeds_wanted, (std::map<std::string, int64_t>{{"a", 4}, {"b", 4}}));
}

TEST(SeedLooks, NothingIsDecidedBeforeTheFirstLook) {
  auto runs = until_decided({{"a", -10}, {"b", -60}}, 0.3);
  std::erase_if(runs, [](const RunOutcome& run) { return run.variant == "b" && run.seed == 3; });
  const Comparison early = compare(runs);
  EXPECT_TRUE(has(early.rankings[0].pairs[0].undecided, "the first look needs 3 seeds of each variant"));
  EXPECT_TRUE(early.rankings[0].best[1].may_be_best());
  EXPECT_EQ(early.seeds_wanted, (std::map<std::string, int64_t>{{"a", 3}, {"b", 3}}));
}

TEST(SeedLooks, WhatTheTestDataLimitIsGivenUpWithTheirNumber) {
  const auto runs = until_decided({{"p", -10}, {"q", -10.8}}, 0.05, 20);
  EXPECT_LT(runs.size(), 16u);
  const Comparison comparison = compare(runs);
  const std::string why = sentence(comparison.rankings[0].pairs[0]);
  EXPECT_TRUE(has(why, "given up at look 1 of 5: limited by test data")) << why;
}

TEST(SeedLooks, OneTestDatumDecidesNothingAndCostsNoMoreSeeds) {
  const auto runs = until_decided({{"a", -10}, {"b", -60}}, 0.3, 1, 1);
  EXPECT_EQ(runs.size(), 6u);
  EXPECT_TRUE(has(compare(runs).rankings[0].pairs[0].undecided, "one test data point has no standard error"));
}

TEST(SeedLooks, AVariantWithAFailedSeedIsLeftOutAndTheOthersGoOn) {
  auto runs = until_decided({{"a", -10}, {"b", -11.2}, {"c", -100}}, 0.6);
  for (RunOutcome& run : runs)
    if (run.variant == "c" && run.seed == 2) run = {.variant = "c", .seed = 2, .summary = {}, .failure = "it crashed"};
  const Comparison comparison = compare(runs);
  const Pair* pair = comparison.rankings[0].pair_of("a", "c");
  ASSERT_TRUE(pair);
  EXPECT_TRUE(has(pair->undecided, "c has numbers of 2 of 3 seeds only, and a look needs all")) << pair->undecided;
  EXPECT_GT(looks_json(comparison.rankings[0]).size(), 1u);
}

TEST(SeedLooks, RunsOfAnotherRuleAreToldApart) {
  auto runs = until_decided({{"a", -10}, {"b", -60}}, 0.3);
  for (RunOutcome& run : runs)
    if (run.variant == "b") run.seed_rule.reset();
  EXPECT_TRUE(has(text_of(runs), "p values and intervals do not count the looks"));
}

// Twelve variants, of which most are stopped: the seed noise of the few that are left is drawn towards that of all.
TEST(SeedLooks, FewVariantsKeepThePriorOfMany) {
  Centres centres;
  for (int v = 0; v < 12; ++v) centres[std::string(1, static_cast<char>('a' + v))] = -40.0 * v;
  centres["b"] = centres["a"] - 1.5;
  const auto runs = until_decided(centres, 1);
  EXPECT_LT(runs.size(), 50u);
  const Comparison comparison = compare(runs);
  const Pair* pair = comparison.rankings[0].pair_of("a", "b");
  ASSERT_TRUE(pair);
  EXPECT_GT(pair->look, 1u);
  EXPECT_EQ(pair->basis, SeedBasis::moderated);
}

}  // namespace
}  // namespace elbo::host::report
