#include <elbo/objective_parts.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace elbo {
namespace {

BetaSchedule schedule(double beta, int64_t warmup_epochs, int64_t cycle_epochs = 0) {
  BetaSchedule s;
  s.beta = beta;
  s.warmup_epochs = warmup_epochs;
  s.cycle_epochs = cycle_epochs;
  return s;
}

TEST(BetaSchedule, RisesLinearlyOverTheWarmup) {
  const BetaSchedule s = schedule(2, 4);
  EXPECT_EQ(s.at(0), 0);
  EXPECT_EQ(s.at(1), 0.5);
  EXPECT_EQ(s.at(4), 2);
  EXPECT_EQ(s.at(9), 2);
  EXPECT_EQ(s.at(std::numeric_limits<double>::infinity()), 2);
  EXPECT_EQ(schedule(2, 0).at(0), 2);
}

// Fu et al. (2019): with R = 0.5 beta rises in the first half of each cycle and stays in the second.
TEST(BetaSchedule, RisesAnewInEachCycle) {
  const BetaSchedule s = schedule(4, 0, 10);
  EXPECT_EQ(s.at(0), 0);
  EXPECT_EQ(s.at(2.5), 2);
  EXPECT_EQ(s.at(5), 4);
  EXPECT_EQ(s.at(9.9), 4);
  EXPECT_EQ(s.at(10), 0);
  EXPECT_EQ(s.at(12.5), 2);
  EXPECT_EQ(s.at(std::numeric_limits<double>::infinity()), 4);
}

TEST(BetaSchedule, SaysHowItRises) {
  EXPECT_TRUE(schedule(2, 0).remarks().empty());
  EXPECT_EQ(schedule(2, 10).remarks().at(0), "beta rises from 0 to 2 over 10 epochs; the weights are those after it");
  EXPECT_EQ(schedule(2, 0, 4).remarks().at(0), "beta rises from 0 to 2 in the first 0.5 of each 4 epochs");
}

TEST(BetaSchedule, IsOneOnlyWhereItIsInEveryEpoch) {
  EXPECT_TRUE(schedule(1, 0).is_one());
  EXPECT_FALSE(schedule(1, 2).is_one());
  EXPECT_FALSE(schedule(2, 0).is_one());
}

}  // namespace
}  // namespace elbo
