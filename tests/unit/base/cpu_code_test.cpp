#include "base/cpu_code.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <elbo/error.hpp>

#include <elbo/cpu_level.hpp>

namespace elbo::host {
namespace {

class CpuCode : public ::testing::Test {
 protected:
  void SetUp() override { unset_forced_kernels(); }
  void TearDown() override { unset_forced_kernels(); }
};

TEST_F(CpuCode, NothingIsForcedInACleanEnvironment) {
  EXPECT_TRUE(forced_kernels().empty());
  EXPECT_EQ(forced_kernels_warning(), "");
}

TEST_F(CpuCode, WarnsOfKernelsChosenByName) {
  setenv("OPENBLAS_CORETYPE", "Haswell", 1);
  EXPECT_NE(forced_kernels_warning().find("OPENBLAS_CORETYPE=Haswell; unset it"), std::string::npos)
      << forced_kernels_warning();
  unset_forced_kernels();
  EXPECT_EQ(getenv("OPENBLAS_CORETYPE"), nullptr);
}

TEST_F(CpuCode, WhatTheUserChoseForLibtorchStays) {
  ASSERT_EQ(kernel_environment().size(), 1u);
  EXPECT_EQ(kernel_environment()[0].second, aten_capability());
  setenv("ATEN_CPU_CAPABILITY", aten_capability().c_str(), 1);
  EXPECT_TRUE(forced_kernels().empty()) << "the best there is forces nothing";
  setenv("ATEN_CPU_CAPABILITY", "sse", 1);
  EXPECT_TRUE(kernel_environment().empty());
  EXPECT_EQ(forced_kernels().size(), 1u);
  unsetenv("ATEN_CPU_CAPABILITY");
}

std::string said_of_limit(const char* limit) {
  setenv("ELBO_CPU", limit, 1);
  std::string said;
  try {
    cpu_limit_must_be_possible();
  } catch (const UserError& error) {
    said = error.what();
  }
  unsetenv("ELBO_CPU");
  return said;
}

TEST_F(CpuCode, TheLimitOfTheEnvironmentIsOneThatThereIs) {
  EXPECT_EQ(said_of_limit("baseline"), "");
  EXPECT_EQ(
      said_of_limit("avx3"),
      "ELBO_CPU is 'avx3'; expected baseline or avx2 or avx512: the widest vector instructions to use; or unset it");
  const std::string beyond = said_of_limit("avx512");
  if (widest_cpu_level() == CpuLevel::avx512) EXPECT_EQ(beyond, "");
  else EXPECT_NE(beyond.find("the widest vector instructions of this processor are"), std::string::npos) << beyond;
}

TEST(CpuLimit, HoldsForEveryLibrary) {
  GTEST_FLAG_SET(death_test_style,
                 "threadsafe");  // the level is read once in the life of a process, so in one of its own
  EXPECT_EXIT(
      {
        setenv("ELBO_CPU", "baseline", 1);
        for (const auto& [name, value] : kernel_environment()) setenv(name.c_str(), value.c_str(), 1);
        const bool limited =
            getenv("ATEN_CPU_CAPABILITY") == std::string("default") &&
            (widest_cpu_level() == CpuLevel::baseline || getenv("DNNL_MAX_CPU_ISA") == std::string("SSE41"));
        _exit(limited ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace elbo::host
