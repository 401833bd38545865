#include "base/cpu_code.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

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

}  // namespace
}  // namespace elbo::host
