// What the circle asks of von_mises; values by mpmath at 40 digits, masses by its quadrature.
#include <gtest/gtest.h>

#include <cmath>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

std::shared_ptr<Likelihood> von_mises() { return make_likelihood("von_mises", {.shape = {1}}); }

/// A vector towards the mean direction as long as the concentration, before the soft bound of 1e5.
Tensor raw_of(double cosine, double sine) {
  const double kept = std::sqrt(1 - (cosine * cosine + sine * sine) / 1e10);
  return doubles({cosine / kept, sine / kept}).view({1, 1, 2});
}

TEST(VonMises, has_the_masses_of_the_table) {
  struct Row {
    double lo, hi, cosine, sine, expected;
  };
  const auto likelihood = von_mises();
  for (const Row& row :
       {Row{0, 0.25, 2, 0, -0.77115940797016754}, Row{0.9, 1, 2, 0, -1.2492136319609187}, Row{0, 1, 3, -4, 0},
        Row{0.25, 0.5, 0, 0, -1.3862943611198906}, Row{0.4, 0.6, 300, 40, -525.24742113026722},
        Row{0, 0.001, 0, 5000, -4973.7618217809532}, Row{0.3, 0.3125, -20, 15, -5.8222374543192494},
        Row{0.49, 0.51, 50000, 0, -99904.19902466248}}) {
    const Theta theta = theta_of(*likelihood, raw_of(row.cosine, row.sine));
    const auto mass =
        likelihood->interval_log_prob(doubles({row.lo}).view({1, 1}), doubles({row.hi}).view({1, 1}), theta);
    EXPECT_NEAR(mass->item<double>(), row.expected, 2e-12 * std::max(1., -row.expected)) << row.lo << " to " << row.hi;
  }
}

TEST(VonMises, is_the_same_at_both_ends) {
  const auto likelihood = von_mises();
  const Theta theta = theta_of(*likelihood, raw_of(3, -4).expand({1, 2, 2}));
  const Tensor log_p = likelihood->log_prob(doubles({0, 1}).view({2, 1}), theta).flatten();
  EXPECT_NEAR(log_p[0].item<double>(), log_p[1].item<double>(), 1e-13);
}

// Of the numbers from 0 to 1, on both sides of the cut.
TEST(VonMises, has_the_moments_of_the_table) {
  struct Row {
    double cosine, sine, mean, variance;
  };
  const auto likelihood = von_mises();
  for (const Row& row :
       {Row{0.3, 0.2, 0.46623687227567061, 0.097302526890553777},
        Row{-3, 4, 0.35250461398135876, 0.0057734125139603175}, Row{5, -1, 0.63599921081971365, 0.17368716495526043}}) {
    const Theta theta = theta_of(*likelihood, raw_of(row.cosine, row.sine));
    EXPECT_NEAR(likelihood->mean(theta).item<double>(), row.mean, 1e-12);
    EXPECT_NEAR(likelihood->variance(theta)->item<double>(), row.variance, 1e-12);
  }
}

// E[cos], E[sin] and E[cos 2 (angle - mean)] are ratios of Bessel functions; 60,000 samples, 4.5 standard errors.
TEST(VonMises, samples_with_its_circular_moments) {
  struct Row {
    double cosine, sine, mean_cosine, mean_sine, second;
  };
  const int64_t n = 60000;
  const auto likelihood = von_mises();
  for (const Row& row : {Row{0.3, 0.2, 0.14761415838531108, 0.098409438923540732, 0.015905610764592739},
                         Row{-3, 4, -0.53602988222645113, 0.71470650963526818, 0.64264674518236591},
                         Row{300, -40, 0.98958898894677866, -0.13194519852623715, 0.99340274007368814}}) {
    Rng rng = Rng(3).like(doubles({0}));
    const Theta theta = theta_of(*likelihood, raw_of(row.cosine, row.sine).expand({1, n, 2}));
    const Tensor x = likelihood->sample(theta, rng).flatten(), angle = x * (2 * M_PI);
    EXPECT_TRUE(((x >= 0).logical_and(x <= 1)).all().item<bool>());
    const auto expect_mean = [&](const Tensor& t, double expected) {
      EXPECT_LT(std::abs(t.mean().item<double>() - expected), 4.5 * t.std().item<double>() / std::sqrt(n)) << expected;
    };
    expect_mean(angle.cos(), row.mean_cosine);
    expect_mean(angle.sin(), row.mean_sine);
    expect_mean(((angle - std::atan2(row.sine, row.cosine)) * 2).cos(), row.second);
  }
}

}  // namespace
}  // namespace elbo::host::testing
