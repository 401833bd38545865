// The first line of a comparison: which variant is the best, as far as that is proved.
#include "report/comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "outcomes.hpp"

namespace elbo::host::report {
namespace {

/// log p(x) of each data point, and an elbo 1 nat below it.
void set_numbers(RunOutcome& run, std::vector<double> log_px) {
  const double sum = std::accumulate(log_px.begin(), log_px.end(), 0.0) / static_cast<double>(log_px.size());
  run.summary->values["log_px"] = sum;
  run.summary->values["elbo"] = sum - 1;
  run.per_example["log_px"] = numbers_of(log_px);
  for (double& x : log_px) x -= 1;
  run.per_example["elbo"] = numbers_of(std::move(log_px));
}

/// 300 numbers about `centre`, moved by the seed and by each data point, with weights that can be trusted.
RunOutcome steady_run(const std::string& variant, int64_t seed, double centre, double k_hat_share = 0) {
  const double phase = 10.0 * variant[0] + 3.0 * static_cast<double>(seed);
  std::vector<double> numbers;
  for (size_t i = 0; i < 300; ++i)
    numbers.push_back(centre + 0.3 * std::sin(phase) + std::sin(3.1 * static_cast<double>(i)) +
                      0.2 * std::sin(1.7 * static_cast<double>(i) + phase));
  RunOutcome run = keyed(variant, levels_key(2, 4), centre);
  run.seed = seed;
  run.summary->values["log_px_images"] = 300;
  run.summary->values["pareto_k_high"] = k_hat_share;
  set_numbers(run, numbers);
  return run;
}

std::vector<RunOutcome> runs_of(const std::vector<double>& centres, size_t seeds, double k_hat_share = 0) {
  std::vector<RunOutcome> runs;
  for (size_t v = 0; v < centres.size(); ++v)
    for (size_t s = 1; s <= seeds; ++s)
      runs.push_back(
          steady_run(std::string(1, static_cast<char>('a' + v)), static_cast<int64_t>(s), centres[v], k_hat_share));
  return runs;
}

TEST(Answer, IsTheFirstLineOfEachFormat) {
  const Comparison c = compare(runs_of({-10, -20, -30, -40}, 3));
  const Answer said = answer(c.rankings[0]);
  EXPECT_TRUE(has(said.lead, "a leads (-10.") && has(said.lead, " nat).")) << said.lead;
  EXPECT_TRUE(has(said.rest, "b, c and d are clearly behind.")) << said.rest;
  EXPECT_EQ(said.claim, "best: a (proved against each of the 3 others at level 0.05, 3 seeds)");
  for (const std::string& text : {comparison_text(c), comparison_markdown(c), comparison_latex(c)}) {
    EXPECT_TRUE(text.starts_with("a leads (")) << text;
    EXPECT_TRUE(has(text, "\nbest: a (proved")) << text;
  }
  EXPECT_TRUE(comparison_csv(c).starts_with("# " + said.in_words() + "\n# " + said.claim + "\n")) << comparison_csv(c);
  const auto json = nlohmann::json::parse(comparison_json(c))["rankings"][0];
  EXPECT_EQ(json["answer"]["lead"], said.lead);
  EXPECT_EQ(json["answer"]["rest"], said.rest);
  EXPECT_EQ(json["answer"]["claim"], said.claim);
  EXPECT_EQ(json["standings"], nlohmann::json({"leader", "behind", "behind", "behind"}));
}

TEST(Answer, NamesThoseThatMayStillBeTheBest) {
  const Comparison c = compare(runs_of({-10, -10.01, -20, -30, -40, -50, -60}, 3));
  const Answer said = answer(c.rankings[0]);
  EXPECT_TRUE(has(said.claim, "proved against 5 of 6 others")) << said.claim;
  EXPECT_TRUE(has(said.claim, "still possible: ")) << said.claim;
  EXPECT_TRUE(has(said.rest, "c, d, e and 2 more are clearly behind.")) << said.rest;
  EXPECT_EQ(procedure(c.rankings[0]), "moderated(4)+holm");
  const std::string text = comparison_text(c);
  EXPECT_TRUE(has(text, "may be best")) << text;
  EXPECT_TRUE(has(text, "seed noise of 7 variants: standard deviation ")) << text;
  EXPECT_TRUE(has(text, "seeds as blocks F = ")) << text;
  EXPECT_TRUE(has(text, "moderated(4)+holm")) << text;
}

TEST(Answer, InWordsAgreesWithWhatIsProvedWherePairsAreUndecided) {
  // The pair of the first two is undecided after Holm's correction, and so is each claim about the best: no word says that one leads.
  const Comparison c = compare(runs_of({-10, -10.001, -10.002, -30}, 3));
  const Ranking& ranking = c.rankings[0];
  const Answer said = answer(ranking);
  const auto standings = standings_of(ranking);
  for (size_t r = 0; r < ranking.rows.size(); ++r) {
    const bool is_possible = standings[r] == Standing::leader || standings[r] == Standing::possible;
    EXPECT_EQ(is_possible || standings[r] == Standing::equivalent, ranking.best[r].may_be_best()) << r;
  }
  EXPECT_FALSE(has(said.lead, " leads")) << said.lead;
  EXPECT_TRUE(has(said.lead, "is not decided; ") || has(said.lead, "are equivalent within")) << said.lead;
  EXPECT_TRUE(has(said.rest, "d is clearly behind.")) << said.rest;
}

/// Of a pair whose numbers are given: what the claims about the best say decides, and not what the pair says.
TEST(Answer, FollowsTheClaimsAboutTheBestAndNotThePairs) {
  Comparison c = compare(runs_of({-10, -20, -30}, 3));
  Ranking& ranking = c.rankings[0];
  for (Pair& pair : ranking.pairs)
    if (pair.has("a") && pair.has("b")) pair.undecided = "p is 0.06 after correction";
  EXPECT_TRUE(has(answer(ranking).in_words(), "b and c are clearly behind.")) << answer(ranking).in_words();
  ranking.best[1].p = 0.5;
  EXPECT_TRUE(has(answer(ranking).lead, "Which of a and b is the best is not decided; a has the highest mean"));
  EXPECT_TRUE(has(answer(ranking).claim, "still possible: b)")) << answer(ranking).claim;
  EXPECT_EQ(marks_of(ranking)[1], "may be best");
}

TEST(Answer, OfAFirstRowThatIsProvedNotToBeTheBestNamesTheLeader) {
  Comparison c = compare(runs_of({-10, -20, -30}, 3));
  Ranking& ranking = c.rankings[0];
  ranking.best[0].p = 0.001;
  ranking.best[1].p = 0.9;
  const Answer said = answer(ranking);
  EXPECT_TRUE(said.lead.starts_with("b leads (")) << said.lead;
  EXPECT_TRUE(has(said.rest, "a has the highest mean over its own test data")) << said.rest;
  EXPECT_EQ(marks_of(ranking)[1], "best");
}

TEST(Answer, KeepsNamesWithCommasApart) {
  auto runs = runs_of({-10, -20, -30}, 3);
  for (RunOutcome& run : runs)
    if (run.variant == "b") run.variant = "b, wide";
  EXPECT_TRUE(has(answer(compare(runs).rankings[0]).rest, "b, wide; and c are clearly behind."));
}

TEST(Answer, SaysWhatItIsOf) {
  const Answer one_seed = answer(compare(runs_of({-10, -20}, 1)).rankings[0]);
  EXPECT_TRUE(one_seed.claim.starts_with("best checkpoint: a (proved against the other one")) << one_seed.claim;
  EXPECT_TRUE(has(one_seed.rest, "With fewer than three seeds this holds for these trained models")) << one_seed.rest;
  const Answer bound = answer(compare(runs_of({-10, -20}, 1, 0.5)).rankings[0]);
  EXPECT_TRUE(bound.claim.starts_with("highest bound of these checkpoints: a")) << bound.claim;
  EXPECT_TRUE(bound.lead.starts_with("a has the highest bound (")) << bound.lead;
  EXPECT_TRUE(has(bound.rest, "These are lower bounds: of log p(x) itself they prove no order.")) << bound.rest;
  EXPECT_TRUE(answer(compare(runs_of({-10, -20}, 3, 0.5)).rankings[0]).claim.starts_with("highest bound: a"));
  const Answer open = answer(compare(runs_of({-10, -10.001, -10.002}, 3)).rankings[0]);
  EXPECT_TRUE(open.claim.starts_with("best: undecided")) << open.claim;
  EXPECT_TRUE(has(open.lead, " has the highest mean (")) << open.lead;
}

/// Another variant whose numbers are those of the first, lower by so much.
void add_lower(std::vector<RunOutcome>& runs, const std::string& variant, double by) {
  for (size_t i = 0, first = runs.size(); i < first; ++i) {
    if (runs[i].variant != "a") continue;
    RunOutcome run = runs[i];
    run.variant = variant;
    std::vector<double> numbers = run.per_example["log_px"]();
    for (size_t datum = 0; datum < numbers.size(); ++datum)
      numbers[datum] -= by * (1 + 0.1 * std::sin(static_cast<double>(datum + 7 * static_cast<size_t>(run.seed))));
    set_numbers(run, numbers);
    runs.push_back(run);
  }
}

TEST(Answer, OfADifferenceWithinTheMarginSaysThatItDoesNotMatter) {
  auto runs = runs_of({-10}, 3);
  add_lower(runs, "b", 0.004);
  const std::string line = answer(compare(runs).rankings[0]).lead;
  EXPECT_TRUE(line.starts_with("No difference matters: a leads b by less than the margin of 0.005 bits/dim (")) << line;
  add_lower(runs, "c", 3);
  const Answer three = answer(compare(runs).rankings[0]);
  EXPECT_TRUE(three.lead.starts_with("a leads (")) << three.lead;
  EXPECT_TRUE(has(three.claim, "best: a (proved against each of the 2 others")) << three.claim;
  EXPECT_TRUE(has(three.rest, "b is behind by less than the margin of 0.005 bits/dim. c is clearly behind."))
      << three.rest;
}

TEST(Answer, ThatNothingMattersIsSaidOfBoundsAndOfCheckpointsAsSuch) {
  auto bounds = runs_of({-10}, 3, 0.5);
  add_lower(bounds, "b", 0.004);
  const std::string of_bounds = answer(compare(bounds).rankings[0]).lead;
  EXPECT_TRUE(of_bounds.starts_with("No difference between the lower bounds matters: a leads b")) << of_bounds;
  auto one = runs_of({-10}, 1);
  add_lower(one, "b", 0.004);
  const Answer of_checkpoints = answer(compare(one).rankings[0]);
  EXPECT_TRUE(of_checkpoints.lead.starts_with("No difference matters: a leads b")) << of_checkpoints.lead;
  EXPECT_TRUE(has(of_checkpoints.rest, "this holds for these trained models")) << of_checkpoints.rest;
}

TEST(Answer, OfOneVariantWithARankSaysWhich) {
  auto runs = runs_of({-10, -20}, 1);
  runs[1].ranked = false;
  EXPECT_EQ(answer(compare(runs).rankings[0]).in_words(), "No answer: a is the only variant here that has a rank.");
}

TEST(Answer, OfTheSameNumbersNamesNoHighest) {
  auto runs = runs_of({-10}, 3);
  add_lower(runs, "b", 0);
  const Answer said = answer(compare(runs).rankings[0]);
  EXPECT_EQ(said.in_words(), "No answer: a has the same numbers as b.");
  EXPECT_EQ(said.claim, "");
}

TEST(Answer, NamesThePointThatValidationDataChoose) {
  auto runs = runs_of({-10, -20}, 3);
  for (RunOutcome& run : runs) {
    run.sweep.name = "train.optimizer.lr";
    run.summary->values["valid_elbo"] = run.variant == "a" ? -12 : -11;
  }
  const Answer said = answer(compare(runs).rankings[0]);
  EXPECT_TRUE(said.lead.starts_with("a leads")) << said.lead;
  EXPECT_TRUE(has(said.rest, "Validation data choose b of 2 points of train.optimizer.lr.")) << said.rest;
}

TEST(Answer, SaysHowManyOfTheSeedsThereAre) {
  auto runs = runs_of({-10, -20}, 3);
  runs.back().summary.reset();
  const std::string claim = answer(compare(runs).rankings[0]).claim;
  EXPECT_TRUE(has(claim, "2 of 3 seeds)")) << claim;
}

TEST(Answer, WithNothingToCompareSaysSo) {
  EXPECT_TRUE(has(answer(compare(runs_of({-10}, 3)).rankings[0]).lead, "a is the only variant"));
  auto runs = runs_of({-10, -20}, 1);
  for (RunOutcome& run : runs) run.per_example.clear();
  EXPECT_TRUE(has(answer(compare(runs).rankings[0]).lead, "No answer"));
}

TEST(Notes, OfFewVariantsNameASeedThatIsFarFromItsOthers) {
  auto runs = runs_of({-10, -20}, 3);
  EXPECT_FALSE(has(text_of(runs), "look at its curves")) << text_of(runs);
  std::vector<double> far = runs.back().per_example["log_px"]();
  for (double& x : far) x -= 200;
  set_numbers(runs.back(), far);
  EXPECT_TRUE(has(text_of(runs), "b, seed 3: ")) << text_of(runs);
  EXPECT_TRUE(has(text_of(runs), "it is counted, but look at its curves")) << text_of(runs);
}

TEST(Notes, SayWhichSeedsDecideAndWhichRunIsOdd) {
  auto runs = runs_of({-10, -20, -30, -40, -50, -60}, 5);
  for (RunOutcome& run : runs)
    if (run.variant == "c" && run.seed == 2) {
      std::vector<double> far = run.per_example["log_px"]();
      for (double& x : far) x -= 9;
      set_numbers(run, far);
    }
  EXPECT_TRUE(has(text_of(runs), "c, seed 2: ")) << text_of(runs);
  std::erase_if(runs, [](const RunOutcome& run) { return run.variant == "b" && run.seed > 3; });
  EXPECT_TRUE(has(text_of(runs), "seeds 1, 2, 3, which 6 variants share, decide")) << text_of(runs);
}

}  // namespace
}  // namespace elbo::host::report
