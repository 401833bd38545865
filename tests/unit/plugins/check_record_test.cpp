#include "plugins/check_record.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/files.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo::host::plugins {
namespace {

class KeptChecks : public testing::Test {
 protected:
  void SetUp() override { ::setenv("ELBO_CACHE", scratch_.path.c_str(), 1); }
  void TearDown() override { ::unsetenv("ELBO_CACHE"); }

  ScratchFolder scratch_;
};

TEST_F(KeptChecks, ComeBackForTheSameLibraryAndOptionsOnly) {
  keep_check(mass_check, "aa", "{\"a\":1}", {"no", "its density integrates to e^50"});
  const auto kept = kept_check(mass_check, "aa", "{\"a\":1}");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->outcome, "no");
  EXPECT_EQ(kept->finding, "its density integrates to e^50");
  EXPECT_FALSE(kept_check(mass_check, "aa", "{\"a\":2}"));
  EXPECT_FALSE(kept_check(mass_check, "ab", "{\"a\":1}"));
  EXPECT_FALSE(kept_check(whole_check, "aa", "{\"a\":1}"));
}

TEST_F(KeptChecks, ADamagedRecordIsNone) {
  keep_check(mass_check, "aa", "{}", {"yes", ""});
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch_.path))
    if (entry.is_regular_file()) write_atomically(entry.path(), "{\"version\": 0}");
  EXPECT_FALSE(kept_check(mass_check, "aa", "{}"));
}

TEST_F(KeptChecks, OfOtherOptionsTheDefaultOnesCount) {
  EXPECT_EQ(checked_as("aa", "{\"a\":1}"), "not checked");
  keep_check(whole_check, "aa", "{}", {"passed", ""});
  EXPECT_EQ(checked_as("aa", "{\"a\":1}"), "passed");
  keep_check(whole_check, "aa", "{\"a\":1}", {"failed", "normalisation, gradients"});
  EXPECT_EQ(checked_as("aa", "{\"a\":1}"), "failed: normalisation, gradients");
  EXPECT_EQ(checked_as("aa", "{}"), "passed");
}

TEST_F(KeptChecks, ALibraryOfAnotherPlaceIsNotShipped) {
  EXPECT_FALSE(is_shipped(""));
  EXPECT_FALSE(is_shipped(std::string(64, '0')));
}

}  // namespace
}  // namespace elbo::host::plugins
