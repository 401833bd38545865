#include "conformance/reference.hpp"

#include <gtest/gtest.h>

#include "conformance/statistics.hpp"

namespace elbo::conformance {
namespace {

/// Correlated and skew; [n, 2]
Tensor skew_draws(int64_t n, uint64_t seed) {
  const Tensor u = double_rng(seed).normal({1, n, 2})[0];
  return at::stack({u.select(1, 0).exp(), u.select(1, 0) + 0.3 * u.select(1, 1)}, 1);
}

TEST(Reference, IntegratesTo1AndHasUniformPlaces) {
  const Reference reference(skew_draws(8000, 1));
  const Tensor z = reference.draws(double_rng(2).uniform({1, 5000, 2})[0]);
  const Reference::Seen seen = reference.at(z);
  // The mean of 1 / h over draws of h is the volume of its cells, the same from any draws; places follow the numbers given.
  EXPECT_LT((seen.place - double_rng(2).uniform({1, 5000, 2})[0]).abs().max().item<double>(), 1e-9);
  const Tensor p = legendre(seen.place), gram = p.t().matmul(p) / 5000;
  EXPECT_LT((gram - at::eye(7, at::kDouble)).abs().max().item<double>(), 0.15);
}

// By points spread over a box that holds the reference.
TEST(Reference, HasMass1) {
  const Tensor draws = skew_draws(8000, 1), low = std::get<0>(draws.min(0)) - 1,
               width = std::get<0>(draws.max(0)) + 1 - low;
  const Tensor z = low + width * double_rng(3).uniform({1, 2000000, 2})[0];
  const Tensor density = Reference(draws).at(z).log_density.exp() * width.prod();
  EXPECT_LT(std::abs(z_of_mean(density, 1)), 5);
  EXPECT_LT(density.std().item<double>() / std::sqrt(2e6), 0.02);
}

TEST(Reference, RefusesDrawsThatAreEqual) {
  EXPECT_THROW(Reference(at::full({100, 2}, 1., at::kDouble)), Failure);
  EXPECT_THROW(Reference(double_rng(1).normal({1, 4000, 1})[0].round()), Failure);
}

}  // namespace
}  // namespace elbo::conformance
