#include "report/plugin_remarks.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "outcomes.hpp"
#include "plugins/check_record.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo::report {
namespace {

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
}  // namespace elbo::report
