#include "data/generators/linear_gaussian.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "data/dataset.hpp"
#include "files.hpp"

namespace elbo::host::data {
namespace {

// The constants of the model, written out a second time.
constexpr double w[8][2] = {{1.2, 0.3}, {0.9, -0.4}, {0.6, 0.6},   {0.3, -0.5},
                            {0.3, 0.5}, {-0.6, 0.6}, {-0.9, -0.4}, {-1.2, 0.3}};
constexpr double mu[8] = {0.5, -0.5, 1.0, -1.0, 0.0, 0.25, -0.25, 0.75};

// p(x) = integral of N(z; 0, I) N(x; W z + mu, sigma^2 I) dz, on a fine grid.
double integrated_log_px(const float* x, double sigma) {
  constexpr double step = 0.02, reach = 6;
  double sum = 0;
  for (double a = -reach; a <= reach; a += step)
    for (double b = -reach; b <= reach; b += step) {
      double quadratic = a * a + b * b;
      for (int d = 0; d < 8; ++d) {
        const double r = (static_cast<double>(x[d]) - w[d][0] * a - w[d][1] * b - mu[d]) / sigma;
        quadratic += r * r;
      }
      sum += std::exp(-0.5 * quadratic);
    }
  return std::log(sum * step * step) - 5 * std::log(2 * std::numbers::pi) - 8 * std::log(sigma);
}

TEST(LinearGaussian, EvidenceIsTheIntegralOverTheFactors) {
  for (const double sigma : {0.5, 1.3}) {
    const LinearGaussian model{.sigma = sigma};
    for (uint64_t row = 0; row < 3; ++row) {
      Draws draws(11, 0, row);
      float x[8];
      model.draw(draws, x);
      EXPECT_NEAR(model.log_px(x), integrated_log_px(x, sigma), 1e-9);
    }
  }
}

TEST(LinearGaussian, EvidenceAveragesToTheNegativeEntropy) {
  const DataConfig config = test::config_of("linear_gaussian", {.test = 20000});
  const Dataset data = load(description_of(config), config);
  double mean = 0;
  for (const double value : data.test.exact_log_px) mean += value / 20000;
  // Squared column norms 5.4 and 1.72, orthogonal; variance of log p is D / 2.
  const double log_det = std::log(5.4 + 0.25) + std::log(1.72 + 0.25) + 6 * std::log(0.25);
  const double entropy = 0.5 * (8 * (1 + std::log(2 * std::numbers::pi)) + log_det);
  EXPECT_NEAR(mean, -entropy, 5 * std::sqrt(4.0 / 20000));
}

}  // namespace
}  // namespace elbo::host::data
