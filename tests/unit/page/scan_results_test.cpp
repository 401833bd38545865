// What is found in a folder of results, whole or damaged.
#include "page/scan_results.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "log/evaluation_file.hpp"
#include "plan/run.hpp"
#include "unit/log/example.hpp"
#include "unit/log/folder.hpp"

namespace elbo::host::page {
namespace {
namespace fs = std::filesystem;

class LookThrough : public ::testing::Test {
 protected:
  /// A log of two epochs below the folder, with a summary when it is finished.
  void add_log(const std::string& run, bool finished) {
    fs::create_directories(folder_ / run);
    log::Layout layout = log::example::layout();
    elbo::host::Run plan;
    plan.experiment = "e";
    plan.description = "d";
    plan.variant = "v";
    plan.seed = 3;
    layout.plan_json = to_json(plan).dump();
    log::RunLog log = log::RunLog::create(folder_ / run / "log.h5", layout);
    for (int64_t epoch = 1; epoch <= 2; ++epoch) log::example::write_epoch(log, epoch, layout);
    if (finished) log::example::finish(log);
    log.close(finished ? "completed" : "stopped");
  }
  const Problem* problem(const ScanResults& found, const std::string& what) {
    for (const Problem& p : found.problems)
      if (p.what == what) return &p;
    return nullptr;
  }

  Folder folder_;
};

TEST_F(LookThrough, AFinishedRunIsAnOutcomeAndNoProblem) {
  add_log("v-seed3", true);
  const ScanResults found = scan(folder_.path);
  ASSERT_EQ(found.outcomes.size(), 1u);
  EXPECT_EQ(found.outcomes[0].variant, "v");
  EXPECT_EQ(found.outcomes[0].seed, 3);
  EXPECT_TRUE(found.outcomes[0].summary);
  ASSERT_EQ(found.logs.size(), 1u);
  EXPECT_EQ(found.logs[0].status, "completed");
  EXPECT_TRUE(found.problems.empty());
  EXPECT_EQ(found.experiment, "e");
  EXPECT_EQ(found.description, "d");
}

TEST_F(LookThrough, ALogWithoutAResultIsToldWithItsState) {
  add_log("v-seed3", false);
  const ScanResults found = scan(folder_.path);
  const Problem* stopped = problem(found, "v, seed 3");
  ASSERT_NE(stopped, nullptr);
  EXPECT_EQ(stopped->state, "stopped");
  EXPECT_CONTAINS(stopped->why, "log.h5: has no result");
  EXPECT_EQ(found.logs.size(), 1u);  // its curves are shown all the same
}

TEST_F(LookThrough, WhatIsNoLogIsToldAndTheOthersAreRead) {
  add_log("v-seed3", true);
  std::ofstream(folder_ / "broken.h5") << "not HDF5";
  const ScanResults found = scan(folder_.path);
  EXPECT_EQ(found.outcomes.size(), 1u);
  const Problem* broken = problem(found, "broken.h5");
  ASSERT_NE(broken, nullptr);
  EXPECT_EQ(broken->state, "not read");
}

TEST_F(LookThrough, TheMergedFileIsNotARun) {
  add_log("v-seed3", true);
  fs::copy_file(folder_ / "v-seed3/log.h5", folder_ / "results.h5");
  EXPECT_EQ(scan(folder_.path).logs.size(), 1u);
}

TEST_F(LookThrough, WhatElboWritesBesideALogIsNeitherARunNorAProblem) {
  add_log("v-seed3", true);
  log::write_evaluation(folder_ / "v-seed3/evaluation.h5", "e", {{.name = "bounds", .long_name = "bounds"}});
  fs::copy_file(folder_ / "v-seed3/evaluation.h5", folder_ / "v-seed3/sample.h5");
  const ScanResults found = scan(folder_.path);
  EXPECT_EQ(found.logs.size(), 1u);
  EXPECT_TRUE(found.problems.empty()) << found.problems[0].why;
}

TEST_F(LookThrough, ADamagedPlanIsToldAndTheExperimentFileKept) {
  add_log("v-seed3", true);
  std::ofstream(folder_ / "plan.json") << "{";
  std::ofstream(folder_ / "experiment.toml") << "name = \"e\"\n";
  const ScanResults found = scan(folder_.path);
  ASSERT_NE(problem(found, "plan.json"), nullptr);
  EXPECT_EQ(found.experiment_toml, "name = \"e\"\n");
}

TEST_F(LookThrough, NothingIsRefused) {
  EXPECT_CONTAINS(error_of([&] { scan(folder_.path); }), "holds no log of a run and no plan.json");
  EXPECT_CONTAINS(error_of([&] { scan(folder_ / "none"); }), "is no folder");
}

}  // namespace
}  // namespace elbo::host::page
