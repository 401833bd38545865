// What a reader is told beside the numbers: latents that carry nothing, how they are marked, and plugins that do not come with elbo.
#include <gtest/gtest.h>

#include <stdlib.h>

#include "outcomes.hpp"
#include "plugins/check_record.hpp"
#include "report/comparison.hpp"
#include "report/remarks.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo::host::report {
namespace {

const observation::MeasureKey images_of_levels = levels_key(2, 4);

TEST(Collapse, IsMarkedAndSaidWithWhatMayHelp) {
  RunOutcome good = keyed("good", images_of_levels, -7), collapsed = keyed("wide", images_of_levels, -9);
  for (auto* values : {&good.summary->values, &collapsed.summary->values}) (*values)["latents"] = 50;
  good.summary->values["kl"] = 20, good.summary->values["active_units"] = 31;
  collapsed.summary->values["kl"] = 0.001, collapsed.summary->values["active_units"] = 0;
  const Comparison c = compare({good, collapsed});
  const std::string text = comparison_text(c);
  EXPECT_TRUE(has(text, "wide has collapsed (kl 0.00 nat, 0 active units)")) << text;
  EXPECT_TRUE(has(text, "encoder.initial_log_scale")) << text;
  EXPECT_FALSE(has(text, "good has collapsed")) << text;
  const auto marks = marks_of(c.rankings[0]);
  EXPECT_TRUE(has(marks[0], "31 of 50 latents active")) << marks[0];
  EXPECT_TRUE(has(marks[1], "collapsed")) << marks[1];
}

TEST(Collapse, ABoundNoBetterThanWithoutLatentsIsMarkedToo) {
  RunOutcome good = keyed("good", images_of_levels, -7), idle = keyed("idle", images_of_levels, -9);
  good.summary->values["without_latents"] = idle.summary->values["without_latents"] = -10;
  idle.summary->values["kl"] = 4;
  const auto marks = marks_of(compare({good, idle}).rankings[0]);
  EXPECT_FALSE(has(marks[0], "no gain")) << marks[0];
  EXPECT_TRUE(has(marks[1], "no gain from latents")) << marks[1];
}

TEST(Collapse, OfOneSeedIsCounted) {
  RunOutcome first = keyed("a", images_of_levels, -7), second = first;
  first.summary->values["kl"] = 20, second.summary->values["kl"] = 0, second.seed = 2;
  EXPECT_TRUE(has(text_of({first, second}), "collapsed in 1 of 2 seeds"));
  EXPECT_TRUE(has(text_of({first, second}), "a has collapsed (seed 2: kl 0.00 nat)"));
}

class PluginRemarks : public testing::Test {
 protected:
  void SetUp() override { ::setenv("ELBO_CACHE", scratch_.path.c_str(), 1); }
  void TearDown() override { ::unsetenv("ELBO_CACHE"); }

  static RunOutcome made_with(const log::PluginRecord& plugin) {
    RunOutcome run = finished("a", 1, {{"elbo", -1}});
    run.summary->plugins = {{"encoder", "mlp", "", "00", "shipped", "yes", ""}, plugin};
    return run;
  }

  ScratchFolder scratch_;
};

TEST_F(PluginRemarks, OfWhatWasShippedNothingIsSaid) {
  EXPECT_TRUE(plugin_remarks({made_with({"likelihood", "gaussian", "", "11", "shipped", "yes", ""})}).empty());
}

TEST_F(PluginRemarks, WhatNobodyCheckedIsNamedOnceWithWhatToDo) {
  const RunOutcome run = made_with(
      {"likelihood", "mine", "", "abcdef0123", "not checked", "not checked", "it crashed with signal 6 (Aborted)"});
  const auto remarks = plugin_remarks({run, run});
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_TRUE(has(remarks[0], "likelihood:mine (SHA-256 abcdef01)") &&
              has(remarks[0], "was not checked by elbo plugins check; run elbo plugins check likelihood:mine"))
      << remarks[0];
  EXPECT_TRUE(has(remarks[0], "normalisation not checked: it crashed with signal 6")) << remarks[0];
  EXPECT_TRUE(has(text_of({run}), remarks[0])) << text_of({run});
}

TEST_F(PluginRemarks, WhatIsFoundLaterIsSaidInsteadOfWhatTheLogSays) {
  const RunOutcome run = made_with({"prior", "mine", "", "abcdef0123", "not checked", "yes", ""});
  plugins::keep_check(plugins::whole_check, "abcdef0123", "{}", {"passed", ""});
  EXPECT_TRUE(has(plugin_remarks({run}).at(0), "it passed elbo plugins check"));
  plugins::keep_check(plugins::whole_check, "abcdef0123", "{}", {"failed", "quadrature"});
  EXPECT_TRUE(has(plugin_remarks({run}).at(0), "it failed elbo plugins check (quadrature)"));
}

TEST_F(PluginRemarks, OnAnotherComputerTheLogIsBelieved) {
  EXPECT_TRUE(has(plugin_remarks({made_with({"prior", "mine", "", "abcdef0123", "passed", "yes", ""})}).at(0),
                  "it passed elbo plugins check"));
}

}  // namespace

}  // namespace elbo::host::report
