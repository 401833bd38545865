// Bernoulli on grey values: the mean of log p over binary draws, by enumeration of the draws.
#include <gtest/gtest.h>

#include "testing.hpp"

namespace elbo::host {
namespace {
using namespace testing;

std::shared_ptr<Likelihood> bernoulli(Support seen, int64_t values) {
  return make_likelihood("bernoulli", {.shape = {values}, .support = seen, .levels = 0});
}

TEST(SoftTargets, AreTheMeanOverAllDraws) {
  constexpr int64_t n = 4;
  const auto soft = bernoulli(Support::unit_interval, n), hard = bernoulli(Support::binary, n);
  const Tensor x = doubles({0.2, 0.9, 0, 0.55}).unsqueeze(0), raw = varied_raw(*soft, 1, 1) * 3;
  double mean = 0;
  for (int draw = 0; draw < 1 << n; ++draw) {
    double probability = 1;
    Tensor b = at::zeros({1, n}, at::kDouble);
    for (int64_t i = 0; i < n; ++i) {
      const bool one = draw >> i & 1;
      const double p = x[0][i].item<double>();
      probability *= one ? p : 1 - p;
      b[0][i] = static_cast<double>(one);
    }
    mean += probability * hard->log_prob(b, theta_of(*hard, raw)).item<double>();
  }
  EXPECT_NEAR(soft->log_prob(x, theta_of(*soft, raw)).item<double>(), mean, 1e-13);
}

TEST(SoftTargets, StayFiniteWhereTheSigmoidIsRounded) {
  const auto soft = bernoulli(Support::unit_interval, 1);
  for (const double logit : {-90.0, 20.0, 90.0}) {
    const Tensor raw = at::full({1, 1, 1}, logit, at::kFloat).requires_grad_(true);
    const Tensor log_p = soft->log_prob(at::full({1, 1}, 0.25, at::kFloat), theta_of(*soft, raw));
    EXPECT_NEAR(log_p.item<double>(), logit > 0 ? -0.75 * logit : 0.25 * logit, 1e-4);
    log_p.sum().backward();
    EXPECT_NEAR(raw.grad().item<double>(), logit > 0 ? -0.75 : 0.25, 1e-6);
  }
}

TEST(SoftTargets, OutsideTheUnitIntervalAndWithoutBeingAskedThereIsNone) {
  const auto soft = bernoulli(Support::unit_interval, 1), hard = bernoulli(Support::binary, 1);
  const Tensor half = at::full({1, 1}, 0.5, at::kDouble);
  EXPECT_EQ(hard->log_prob(half, theta_of(*hard, constant_raw(*hard, 0))).item<double>(), -infinity());
  EXPECT_EQ(soft->log_prob(half * 3, theta_of(*soft, constant_raw(*soft, 0))).item<double>(), -infinity());
  EXPECT_EQ(soft->support(), Support::binary);
}

}  // namespace
}  // namespace elbo::host
