// Variants whose latents carry nothing of the data: how they are marked, and what is said of them.
#include "report/collapse.hpp"

#include <gtest/gtest.h>

#include "outcomes.hpp"
#include "report/comparison_table.hpp"

namespace elbo::report {
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

RunOutcome with_plan(RunOutcome run, const std::string& plan) {
  run.summary->plan_json = plan;
  return run;
}

}  // namespace
}  // namespace elbo::report
