// gaussian with scale = "optimal" (Rybkin et al. 2021): the batch's own scale in training, the training data's in evaluation.
#include <gtest/gtest.h>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

std::shared_ptr<Likelihood> gaussian() {
  const auto likelihood = make_likelihood("gaussian", {.shape = {3}}, {{"scale", std::string("optimal")}});
  likelihood->to_like(at::empty({}, at::kDouble));
  return likelihood;
}

Tensor locations() { return doubles({0.1, 0.8, 0.5}).view({1, 1, 3}); }
Tensor data() { return doubles({0, 1, 0.5}).view({1, 3}); }

// sigma^2 = 1/60, and log p = -(3/2) (1 + log(2 pi sigma^2))
constexpr double best = 1.8847011959;

TEST(OptimalScale, IsTheResidualsOwnInTraining) {
  const auto likelihood = gaussian();
  Tensor raw = locations().requires_grad_();
  const Tensor log_p = likelihood->log_prob(data(), theta_of(*likelihood, raw));
  EXPECT_NEAR(log_p.item<double>(), -1.5 * (1 + std::log(2 * std::acos(-1.0) / 60)), 1e-12);
  EXPECT_NEAR(log_p.item<double>(), best, 1e-6);
  log_p.sum().backward();  // (x - loc) / sigma^2
  EXPECT_NEAR(raw.grad()[0][0][0].item<double>(), -0.1 * 60, 1e-9);
  EXPECT_NEAR(raw.grad()[0][0][1].item<double>(), 0.2 * 60, 1e-9);
}

TEST(OptimalScale, IsFrozenInEvaluation) {
  const auto likelihood = gaussian();
  const auto in_training = [&] {
    Tensor raw = locations().requires_grad_();
    likelihood->log_prob(data(), theta_of(*likelihood, raw));
  };
  for (int i = 0; i < 2000; ++i) in_training();
  EXPECT_NEAR(likelihood->named_buffers().at(0).second.item<double>(), 1. / 60, 1e-8) << "the running mean";
  likelihood->set_training(false);
  const auto evaluated = [&](const Tensor& x) {
    return likelihood->log_prob(x, theta_of(*likelihood, locations().requires_grad_())).item<double>();
  };
  EXPECT_NEAR(evaluated(data()), best, 1e-6);
  // another data point is scored with the same scale: r^2 / 2 sigma^2 more
  EXPECT_NEAR(evaluated(locations().view({1, 3})) - best, 0.05 * 30, 1e-6);
  EXPECT_NEAR(likelihood->named_buffers().at(0).second.item<double>(), 1. / 60, 1e-8) << "evaluation changes nothing";
}

}  // namespace
}  // namespace elbo::host::testing
