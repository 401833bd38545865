#include "report/sparkline.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace elbo::report {
namespace {

TEST(Sparkline, RunsFromTheLowestToTheHighest) {
  const std::vector<double> values = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(sparkline(values, 20, true), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline(values, 4, true), "▁▃▆█") << "means of two";
  EXPECT_EQ(sparkline(values, 2, false), "09");
}

TEST(Sparkline, ConstantAndMissingValues) {
  const std::vector<double> values = {1, std::nan(""), 1};
  EXPECT_EQ(sparkline(values, 3, false), "5 5");
  EXPECT_EQ(sparkline(std::vector<double>{}, 3, true), "");
}

TEST(Blocks, TwoRowsALineAndAColourEach) {
  const std::vector<uint8_t> grey = {0, 255, 128};  // three rows of one pixel
  EXPECT_EQ(blocks(grey, 3, 1, 1), "\x1b[38;5;16;48;5;231m▀\x1b[0m\n\x1b[38;5;244;48;5;16m▀\x1b[0m\n");
  const std::vector<uint8_t> red_above_blue = {255, 0, 0, 0, 0, 255};
  EXPECT_EQ(blocks(red_above_blue, 2, 1, 3), "\x1b[38;5;196;48;5;21m▀\x1b[0m\n");
}

}  // namespace
}  // namespace elbo::report
