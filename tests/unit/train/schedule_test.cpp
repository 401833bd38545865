#include "train/optimizer.hpp"
#include "train/plateau.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

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

/// The factor after each of these passes.
std::vector<double> factors(const ScheduleConfig& config, const std::vector<double>& elbos, double lr = 1e-3) {
  Plateau plateau;
  std::vector<double> all;
  for (const double elbo : elbos) {
    plateau.see(elbo, config, lr);
    all.push_back(plateau.factor);
  }
  return all;
}

// The documented algorithm of torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "max", factor=0.5, patience=1, threshold=1,
// threshold_mode="abs", min_lr=0.2) at lr = 1, traced apart from this code.
TEST(Plateau, LowersTheRateAsTorchsReduceLROnPlateauDoes) {
  const ScheduleConfig config{.name = "plateau", .factor = 0.5, .patience = 1, .threshold = 1, .min_lr = 0.2e-3};
  const std::vector<double> elbos = {-90, -80, -79.5, -79.2, -79, -78, -77.9, -77.8, -77.7, -77.6, -60, -61, -61};
  EXPECT_EQ(factors(config, elbos), (std::vector<double>{1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2}));
}

TEST(Plateau, WithoutPatienceEachPassThatIsNotBetterLowersIt) {
  EXPECT_EQ(factors({.name = "plateau", .factor = 0.5, .patience = 0}, {-3, -3, -2, -2.5}),
            (std::vector<double>{1, 0.5, 0.5, 0.25}));
}

TEST(Plateau, ANumberThatIsNoneIsNotBetter) {
  EXPECT_EQ(factors({.name = "plateau", .factor = 0.5, .patience = 0}, {-3, std::nan(""), -2}),
            (std::vector<double>{1, 0.5, 0.5}));
}

}  // namespace
}  // namespace elbo::host
