#include "plugins/printable.hpp"

#include <gtest/gtest.h>

namespace elbo::host::plugins {
namespace {

TEST(OneLine, KeepsEveryLineThatInforms) {
  EXPECT_EQ(one_line("the matrix is singular"), "the matrix is singular");
  EXPECT_EQ(one_line("The following operation failed.\n\n  size of a: 3\r\n  size of b: 4\n"),
            "The following operation failed. size of a: 3 size of b: 4");
  EXPECT_EQ(one_line(""), "");
  EXPECT_EQ(one_line("\n \n"), "");
}

TEST(OneLine, LeavesOutTheStackTraceOfTorch) {
  EXPECT_EQ(one_line("mat1 and mat2 shapes cannot be multiplied\nException raised from meta at "
                     "/b/LinearAlgebra.cpp:156 (most recent call first):\nframe #0: x"),
            "mat1 and mat2 shapes cannot be multiplied");
}

}  // namespace
}  // namespace elbo::host::plugins
