// Every log that `elbo compare` is given is in a table, or named with the reason why not.
#include <set>

#include "compare_fixture.hpp"

namespace elbo::host {
namespace {

namespace fs = std::filesystem;

/// As a plan of some version of the program would say it: sections may be missing.
nlohmann::ordered_json plan(const std::string& experiment, const std::string& variant, int64_t samples = 100) {
  return {{"experiment", experiment}, {"variant", variant}, {"evaluate", {{"importance_samples", samples}}}};
}

Result gaussian(double shift, int64_t seed = 1, int64_t samples = 100) {
  return {"", seed, {shift - 1, shift, shift + 1.5}, on_levels, "mass on 256 levels", plan("e", "gaussian", samples)};
}

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST_F(Compare, OneSeedWithTwoResultsIsTwoVariants) {
  log_of("a/gaussian", gaussian(-10));
  log_of("b/gaussian", gaussian(-20));
  for (const char* words : {"a b", "a/gaussian/log.h5 b", "'*'", "'*/gaussian/log.h5' a"}) {
    const Said said = elbo(std::string("compare ") + words);
    EXPECT_EQ(said.code, 0) << said.err;
    EXPECT_TRUE(has(said.out, "the checkpoint of gaussian beats the checkpoint of gaussian #2 by")) << said.out;
    EXPECT_TRUE(has(said.out,
                    "gaussian #2 (in b) is not gaussian: the settings and seeds are the same but the numbers are not"))
        << said.out;
  }
}

TEST_F(Compare, ANumberedNameIsNotGivenToASecondVariant) {
  Result numbered = gaussian(-30);
  numbered.plan["variant"] = "gaussian #2";
  numbered.plan["latent_dim"] = 7;
  log_of("a/gaussian", gaussian(-10));
  log_of("a/gaussian-2", numbered);
  log_of("b/gaussian", gaussian(-20, 2, 500));
  const auto rows = nlohmann::json::parse(elbo("compare a b --format json").out)["rankings"][0]["rows"];
  ASSERT_EQ(rows.size(), 3u) << rows.dump(1);
  std::set<std::string> names;
  for (const auto& row : rows) {
    names.insert(row["variant"]);
    EXPECT_EQ(row["seeds"], 1) << row.dump(1);
  }
  EXPECT_EQ(names, (std::set<std::string>{"gaussian", "gaussian #2", "gaussian #3"}));
}

TEST_F(Compare, ARunWithoutAResultIsASeedOfTheVariantWithItsSettings) {
  log_of("a/gaussian", gaussian(-10));
  log_of("b/gaussian", gaussian(-20, 1, 500));
  log_of("b/two", gaussian(-20, 2, 500), false);
  log_of("c/gaussian", gaussian(-20, 3, 700), false);
  const Said said = elbo("compare a b c --format json");
  EXPECT_EQ(said.code, 1);
  const auto rows = nlohmann::json::parse(said.out)["rankings"][0]["rows"];
  ASSERT_EQ(rows.size(), 2u) << said.out;
  EXPECT_EQ(rows[0]["variant"], "gaussian");
  EXPECT_EQ(rows[0]["planned_seeds"], 1);
  EXPECT_EQ(rows[1]["variant"], "gaussian #2");
  EXPECT_EQ(rows[1]["planned_seeds"], 2);
}

TEST_F(Compare, SweepsOfTwoExperimentsOverTheSameKeysAreTwo) {
  for (const char* experiment : {"e", "f"}) {
    Result point = gaussian(experiment == std::string("e") ? -10 : -20);
    point.plan["experiment"] = experiment;
    point.plan["latent_dim"] = experiment == std::string("e") ? 3 : 4;
    point.plan["sweep"] = {{"of", ""}, {"keys", {"latent_dim"}}, {"points", 2}};
    log_of(std::string(experiment) + "/gaussian", point);
  }
  const Said said = elbo("compare e f");
  EXPECT_TRUE(has(said.out, "is the only point of its sweep here")) << said.out;
  EXPECT_FALSE(has(said.out, "n = 2 points")) << said.out;
}

TEST_F(Compare, TheSeedsOfOneFolderStayTogether) {
  log_of("a/two", gaussian(-10, 2));
  log_of("b/one", gaussian(-20, 1));
  log_of("b/two", gaussian(-21, 2));
  const Said said = elbo("compare a b --format json");
  const auto rows = nlohmann::json::parse(said.out)["rankings"][0]["rows"];
  ASSERT_EQ(rows.size(), 2u) << said.out;
  EXPECT_EQ(rows[0]["variant"], "gaussian");
  EXPECT_EQ(rows[0]["seeds"], 1);
  EXPECT_EQ(rows[1]["variant"], "gaussian #2");
  EXPECT_EQ(rows[1]["seeds"], 2);
}

TEST_F(Compare, ACopyIsLeftOutAndNamed) {
  log_of("a/gaussian", gaussian(-10));
  Result again = gaussian(-10);
  again.seconds = 7;  // done again elsewhere, with the same bits
  log_of("b/gaussian", again);
  const Said said = elbo("compare a b");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "b/gaussian/log.h5 is left out: the numbers are those of a/gaussian/log.h5")) << said.out;
  const Said csv = elbo("compare a b --format csv");
  EXPECT_EQ(count(csv.out, "\n"), 3u) << csv.out;
  EXPECT_TRUE(has(csv.err, "is left out")) << csv.err;
}

TEST_F(Compare, ACopyUnderAnotherNameIsLeftOutAndNamed) {
  log_of("a/gaussian", gaussian(-10));
  Result renamed = gaussian(-10);
  renamed.plan["variant"] = "normal";
  renamed.plan["experiment"] = "f";
  log_of("b/normal", renamed);
  const Said said = elbo("compare a b");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "b/normal/log.h5 is left out: the numbers are those of a/gaussian/log.h5")) << said.out;
  EXPECT_EQ(nlohmann::json::parse(elbo("compare a b --format json").out).at("rankings").at(0).at("rows").size(), 1u);
}

TEST_F(Compare, SeedsUnderAnotherNameAreOfTheSameVariant) {
  log_of("a/gaussian", gaussian(-10, 1));
  Result renamed = gaussian(-11, 2);
  renamed.plan["variant"] = "normal";
  log_of("a/normal", renamed);
  const auto rows = nlohmann::json::parse(elbo("compare a --format json").out).at("rankings").at(0).at("rows");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.at(0).at("seeds"), 2);
}

TEST_F(Compare, WhatDiffersBetweenVariantsOfTheSameNumbersHadNoEffect) {
  log_of("a/gaussian", gaussian(-10));
  Result sampled = gaussian(-10);
  sampled.plan["variant"] = "sampled";
  sampled.plan["objective"] = {{"kl", "monte_carlo"}};
  log_of("a/sampled", sampled);
  const Said said = elbo("compare a");
  EXPECT_TRUE(has(said.out, "gave the same numbers in every digit")) << said.out;
  EXPECT_TRUE(has(said.out, "objective.kl")) << said.out;
}

TEST_F(Compare, LogsOfTwoVersionsAreComparedAndNamed) {
  Result later = gaussian(-20);
  later.plan["variant"] = "laplace";
  later.program = "0.2.0";
  log_of("a/gaussian", gaussian(-10));
  log_of("a/laplace", later);
  const Said said = elbo("compare a");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "the checkpoint of gaussian beats the checkpoint of laplace")) << said.out;
  EXPECT_TRUE(has(said.out, "written by elbo 0.1.0 (gaussian) and elbo 0.2.0 (laplace)")) << said.out;
}

TEST_F(Compare, OtherSettingsAreTold) {
  log_of("a/gaussian", gaussian(-10));
  log_of("b/gaussian", gaussian(-12, 1, 500));
  const Said said = elbo("compare a b");
  EXPECT_TRUE(has(said.out, "gaussian #2 (in b) is not gaussian: evaluate.importance_samples is 500, not 100"))
      << said.out;
}

TEST_F(Compare, SeedsOfTwoExperimentsWithEqualSettingsAreOneVariant) {
  log_of("a/gaussian", gaussian(-10, 1));
  Result other = gaussian(-11, 2);
  other.plan["experiment"] = "f";
  log_of("b/gaussian", other);
  const Said said = elbo("compare a b");
  EXPECT_TRUE(has(said.out, "over 2 seeds")) << said.out;
  EXPECT_FALSE(has(said.out, "e: gaussian")) << said.out;
}

TEST_F(Compare, OtherSettingsOfAnotherExperimentHaveItsName) {
  log_of("a/gaussian", gaussian(-10));
  Result other = gaussian(-12, 1, 500);
  other.plan["experiment"] = "f";
  log_of("b/gaussian", other);
  EXPECT_TRUE(has(elbo("compare a b").out, "the checkpoint of e: gaussian beats the checkpoint of f: gaussian by"));
}

TEST_F(Compare, ARunWithoutAResultIsNamed) {
  log_of("a/gaussian", gaussian(-10));
  Result stopped = gaussian(-10);
  stopped.plan["variant"] = "laplace";
  log_of("a/laplace", stopped, false);
  const Said said = elbo("compare a");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.out, "laplace, seed 1: not finished (")) << said.out;
  EXPECT_TRUE(has(said.out, "a/laplace/log.h5.partial)")) << said.out;
}

/// Writes the plan of three seeds of "gaussian" into folder a.
nlohmann::ordered_json plan_of_three() {
  nlohmann::ordered_json all = {{"experiment", "e"}, {"runs", nlohmann::json::array()}};
  for (const int64_t seed : {1, 2, 3}) {
    nlohmann::ordered_json run = plan("e", "gaussian");
    run["seed"] = seed;
    run["id"] = "0123456789abcdef";
    all["runs"].push_back(run);
  }
  return all;
}

TEST_F(Compare, SeedsOfThePlanThatAreMissingAreCounted) {
  log_of("a/gaussian-seed1-01234567", gaussian(-10, 1));
  log_of("a/gaussian-seed2-01234567", gaussian(-11, 2));
  write("a/plan.json", plan_of_three().dump());
  const Said deleted = elbo("compare a");
  EXPECT_EQ(deleted.code, 0) << deleted.err;
  EXPECT_TRUE(has(deleted.out, "2 of 3")) << deleted.out;
  EXPECT_TRUE(has(deleted.out, "seed 3: not begun, or its folder was deleted")) << deleted.out;
  const Said one = elbo("compare a/gaussian-seed1-01234567");
  EXPECT_TRUE(has(one.out, "1 of 3")) << one.out;
  EXPECT_TRUE(has(one.out, "seed 2: has a log that was not named")) << one.out;
  fs::create_directories(scratch.path / "a/gaussian-seed3-01234567");
  write("a/gaussian-seed3-01234567/failed.json", R"({"message": "crashed with signal 11"})");
  EXPECT_TRUE(has(elbo("compare a").out, "seed 3: failed: crashed with signal 11")) << elbo("compare a").out;
}

TEST_F(Compare, SeedsThatOnlyTheirFolderKnowsOfAreCounted) {
  log_of("a/gaussian-seed1-01234567", gaussian(-10, 1));
  fs::create_directories(scratch.path / "a/gaussian-seed2-01234567");
  write("a/gaussian-seed2-01234567/run.json", plan_of_three()["runs"][1].dump());
  EXPECT_TRUE(has(elbo("compare a").out, "1 of 2")) << elbo("compare a").out;
  auto other = plan_of_three()["runs"][1];
  other["evaluate"]["importance_samples"] = 7;  // of another variant
  write("a/gaussian-seed2-01234567/run.json", other.dump());
  EXPECT_FALSE(has(elbo("compare a").out, "1 of 2"));
}

TEST_F(Compare, LinkedFoldersAreFollowedButNotInCircles) {
  log_of("a/gaussian", gaussian(-10));
  fs::create_directories(scratch.path / "b");
  fs::create_directory_symlink("../a/gaussian", scratch.path / "b/linked");
  fs::create_directory_symlink("..", scratch.path / "b/up");
  const Said said = elbo("compare b");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "gaussian")) << said.out;
}

TEST_F(Compare, WhatIsNoLogIsNamedOnce) {
  log_of("a/gaussian", gaussian(-10));
  write("a/notes.txt", "text");
  const Said said = elbo("compare a/*");  // as the shell makes it
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(count(said.out, "notes.txt: is not an HDF5 file"), 1u) << said.out;
  EXPECT_FALSE(has(said.out, "seed 1: failed")) << said.out;
}

TEST_F(Compare, VariantsOfUnequalSeedsShowHowMany) {
  log_of("a/one", gaussian(-10, 1));
  log_of("a/two", gaussian(-11, 2));
  Result laplace = gaussian(-12);
  laplace.plan["variant"] = "laplace";
  log_of("a/three", laplace);
  const Said said = elbo("compare a");
  EXPECT_TRUE(has(said.out, "over up to 2 seeds")) << said.out;
  EXPECT_TRUE(has(said.out, "variant   seeds  ")) << said.out;
}

}  // namespace
}  // namespace elbo::host
