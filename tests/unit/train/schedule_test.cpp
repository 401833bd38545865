#include "train/optimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace elbo::host {
namespace {

TEST(Schedule, ConstantStaysOne) { EXPECT_EQ(rate_factor({}, 57, 100), 1); }

TEST(Schedule, StepsMultiplyAtEachMilestone) {
  const ScheduleConfig config{.name = "steps", .factor = 0.5, .milestones = {2, 4}};
  EXPECT_EQ(rate_factor(config, 1, 10), 1);
  EXPECT_EQ(rate_factor(config, 2, 10), 0.5);
  EXPECT_EQ(rate_factor(config, 4, 10), 0.25);
}

TEST(Schedule, CosineFallsFromOneToItsLastFraction) {
  const ScheduleConfig config{.name = "cosine", .final_fraction = 0.1};
  EXPECT_NEAR(rate_factor(config, 0, 11), 1, 1e-12);
  EXPECT_NEAR(rate_factor(config, 5, 11), 0.55, 1e-12);
  EXPECT_NEAR(rate_factor(config, 10, 11), 0.1, 1e-12);
}

// 3^i epochs at 10^(-i/7): 1, 3, 9, ... epochs; 3280 in all.
TEST(Schedule, BurdasStaircaseHasThePublishedLengths) {
  const ScheduleConfig config{.name = "burda"};
  EXPECT_EQ(rate_factor(config, 0, 3280), 1);
  EXPECT_NEAR(rate_factor(config, 1, 3280), std::pow(10, -1 / 7.0), 1e-12);
  EXPECT_NEAR(rate_factor(config, 3, 3280), std::pow(10, -1 / 7.0), 1e-12);
  EXPECT_NEAR(rate_factor(config, 4, 3280), std::pow(10, -2 / 7.0), 1e-12);
  EXPECT_NEAR(rate_factor(config, 3279, 3280), 0.1, 1e-12);
}

TEST(Schedule, WarmupRisesToTheFullRate) {
  const ScheduleConfig config{.warmup_epochs = 4};
  EXPECT_EQ(rate_factor(config, 0, 10), 0.25);
  EXPECT_EQ(rate_factor(config, 3, 10), 1);
}

TEST(Schedule, ExponentialMultipliesEachEpoch) {
  EXPECT_NEAR(rate_factor({.name = "exponential", .factor = 0.9}, 3, 10), 0.729, 1e-12);
}

}  // namespace
}  // namespace elbo::host
