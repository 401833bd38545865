#include "base/random.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace elbo::host {
namespace {

// Fixed for good: data made with a seed must never change.
TEST(Draws, FirstValuesAreFixed) {
  Draws draws(1, 0, 0);
  EXPECT_EQ(draws.uniform(), 0.10220966120341002);
  EXPECT_EQ(draws.uniform(), 0.26370059772619614);
  EXPECT_EQ(draws.normal(), -0.58085787608659012);
}

TEST(Draws, SeedStreamAndRowEachChangeThem) {
  const double first = Draws(1, 0, 0).uniform();
  EXPECT_EQ(first, Draws(1, 0, 0).uniform());
  EXPECT_NE(first, Draws(2, 0, 0).uniform());
  EXPECT_NE(first, Draws(1, 1, 0).uniform());
  EXPECT_NE(first, Draws(1, 0, 1).uniform());
}

TEST(Draws, NormalsHaveTheMomentsAndTailsOfANormal) {
  constexpr int n = 400'000;
  Draws draws(7, 0, 0);
  double m1 = 0, m2 = 0, m4 = 0, within = 0, beyond = 0;
  for (int i = 0; i < n; ++i) {
    const double z = draws.normal();
    m1 += z / n;
    m2 += z * z / n;
    m4 += z * z * z * z / n;
    within += std::abs(z) < 0.5 ? 1.0 / n : 0;
    beyond += z > 2 ? 1.0 / n : 0;
  }
  // Five standard errors each.
  EXPECT_NEAR(m1, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(m2, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(m4, 3, 5 * std::sqrt(96.0 / n));
  EXPECT_NEAR(within, std::erf(0.5 / std::sqrt(2)), 5 * std::sqrt(0.25 / n));
  EXPECT_NEAR(beyond, 0.5 * std::erfc(std::sqrt(2)), 5 * std::sqrt(0.023 / n));
}

}  // namespace
}  // namespace elbo::host
