// The error of a mean of importance weights against weights whose spread is known.
#include "metrics/effective.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace elbo::host {
namespace {

/// (sum w)^2 / sum w^2 (Kong 1992).
double effective_of(const std::vector<double>& w) {
  double sum = 0, squares = 0;
  for (const double one : w) sum += one, squares += one * one;
  return sum * sum / squares;
}

TEST(Effective, ErrorIsThatOfTheMeanWeight) {
  // Mean 2, sample variance 5/3: the standard error of the mean is sqrt(5/12), relative to the mean 0.3227...
  EXPECT_NEAR(monte_carlo_error(effective_of({0.5, 1.5, 2.5, 3.5}), 4), std::sqrt(5.0 / 12) / 2, 1e-12);
  EXPECT_DOUBLE_EQ(monte_carlo_error(100, 100), 0) << "equal weights";
}

TEST(Effective, OneSampleThatHasAllWeightHasNoErrorToTell) {
  // The formula would say exactly 1 nat, however far the estimate lies below log p(x).
  EXPECT_TRUE(one_decides(1, 100));
  EXPECT_TRUE(std::isnan(monte_carlo_error(1, 100)));
  EXPECT_TRUE(std::isnan(monte_carlo_error(effective_of({1, 1e-3, 1e-3, 1e-3}), 4)));
  EXPECT_FALSE(one_decides(2.5, 100));
  EXPECT_FALSE(std::isnan(monte_carlo_error(2.5, 100)));
}

TEST(Effective, OneSampleAloneHasNone) {
  EXPECT_FALSE(one_decides(1, 1));
  EXPECT_TRUE(std::isnan(monte_carlo_error(1, 1)));
}

}  // namespace
}  // namespace elbo::host
