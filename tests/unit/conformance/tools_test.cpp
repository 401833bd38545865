#include "conformance/tools.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace elbo::host::conformance {
namespace {

TEST(Words, OfATensorNameItsFirstValues) {
  EXPECT_EQ(in_words(doubles({0.5})), "0.5");
  EXPECT_EQ(in_words(doubles({2, 2, 2})), "all 2");
  EXPECT_EQ(in_words(doubles({1, 2, 3, 4})), "[1, 2, 3, 4]");
  EXPECT_EQ(in_words(doubles({1, 2, 3, 4, 5})), "[1, 2, 3, 4, ...]");
}

TEST(Words, NoNumberHasNoSign) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(in_words(doubles({nan, -nan, -infinity})), "[nan, nan, -inf]");
}

}  // namespace
}  // namespace elbo::host::conformance
