#include "base/memory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

namespace elbo::host {
namespace {

TEST(Memory, OfTheProcessIsTheMachinesUnlessALimitIsSet) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_DATA, &before), 0);
  EXPECT_GT(machine_memory(), 1e8);
  EXPECT_LE(process_memory(), machine_memory());
  rlimit set = before;
  set.rlim_cur = 1 << 30;
  ASSERT_EQ(setrlimit(RLIMIT_DATA, &set), 0);
  EXPECT_EQ(process_memory(), std::min(machine_memory(), 0x1p30));
  setrlimit(RLIMIT_DATA, &before);
}

}  // namespace
}  // namespace elbo::host
