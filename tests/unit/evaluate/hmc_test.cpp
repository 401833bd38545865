#include <elbo/objective_parts.hpp>

#include <gtest/gtest.h>

#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::doubles, testing::item;

/// N(m, s^2) in two dimensions, m = (1, -2), s = (0.5, 2).
Tensor log_normal(const Tensor& z) {
  const Tensor u = (z - doubles({1, -2}, {2})) / doubles({0.5, 2}, {2});
  return -0.5 * u.square().sum(2);
}

// 4,000 chains: standard errors of a mean near s / 63, of a variance s^2 sqrt(2) / 63; 4.5 of them.
void expect_moments(const Tensor& z) {
  const double scales[] = {0.5, 2}, means[] = {1, -2};
  for (int64_t j = 0; j < 2; ++j) {
    const Tensor column = z.select(2, j).flatten();
    EXPECT_NEAR(item(column.mean()), means[j], 4.5 * scales[j] / 63);
    EXPECT_NEAR(item(column.var()), scales[j] * scales[j], 4.5 * scales[j] * scales[j] * 1.42 / 63);
  }
}

Tensor moved(Tensor z, double step, int moves) {
  const Tensor eps = elbo::full({z.size(1)}, step, z);
  for (int i = 0; i < moves; ++i) z = hmc_move(log_normal, z, eps, 10, Rng(5).fork("move", static_cast<uint64_t>(i))).z;
  return z;
}

TEST(Hmc, ALawIsLeftAsItIs) {
  const Tensor like = zeros(Shape{1}).to(at::kDouble);
  const Tensor exact = doubles({1, -2}, {2}) + doubles({0.5, 2}, {2}) * Rng(1).like(like).normal({4000, 1, 2});
  expect_moments(moved(exact, 0.4, 20));
}

TEST(Hmc, ItIsReachedFromElsewhere) { expect_moments(moved(elbo::full({4000, 1, 2}, 4.0).to(at::kDouble), 0.4, 60)); }

TEST(Hmc, SmallStepsAreAllAcceptedAndHugeOnesAreNot) {
  const Tensor z = zeros({50, 1, 2}).to(at::kDouble);
  const auto acceptance = [&](double step) {
    return item(hmc_move(log_normal, z, elbo::full({1}, step, z), 10, Rng(2)).acceptance.mean());
  };
  EXPECT_GT(acceptance(1e-3), 0.9999);
  EXPECT_LT(acceptance(5), 1e-6);
}

TEST(Hmc, AProposalWithoutAFiniteDensityIsRejected) {
  const LogDensity only_here = [](const Tensor& z) {
    return log_normal(z) + (z.select(2, 0) - 0.0).log() * 0;
  };  // nan below 0
  const Tensor z = elbo::full({200, 1, 2}, 0.05).to(at::kDouble);
  const Move move = hmc_move(only_here, z, elbo::full({1}, 0.3, z), 10, Rng(2));
  EXPECT_TRUE((move.z.select(2, 0) > 0).all().item<bool>());
  EXPECT_TRUE(move.acceptance.isfinite().all().item<bool>());
}

TEST(Hmc, LatentsOnASphereAreRefused) {
  const Tensor z = Rng(3).normal({20, 2, 3});
  EXPECT_NO_THROW(must_fill_space(z));
  EXPECT_THROW(must_fill_space(z / z.norm(2, {2}, true)), UserError);
}

// The noise of a data point is its own: alone, or in another place of a batch, it moves the same way.
TEST(Hmc, ADatumMovesTheSameWhateverStandsBesideIt) {
  const Tensor z = Rng(3).like(zeros(Shape{1}).to(at::kDouble)).normal({5, 3, 2});
  const Tensor ids = doubles({7, 2, 9}, {3}).to(at::kLong), step = elbo::full({3}, 0.3, z);
  const Move all = hmc_move(log_normal, z, step, 10, Rng(4).for_data(ids));
  const Move one =
      hmc_move(log_normal, z.narrow(1, 1, 1), step.narrow(0, 0, 1), 10, Rng(4).for_data(ids.narrow(0, 1, 1)));
  EXPECT_LT(item((all.z.narrow(1, 1, 1) - one.z).abs().max()), 1e-12);
}

TEST(Hmc, TheStepSizeFollowsItsOwnDatum) {
  const Tensor step = doubles({1, 1}, {2});
  const Move move{zeros({1, 2, 1}), doubles({0, 1, 0, 1}, {2, 2})};
  const Tensor next = adapted(step, move, 0.65);
  EXPECT_LT(item(next.select(0, 0)), 1);
  EXPECT_GT(item(next.select(0, 1)), 1);
}

}  // namespace
}  // namespace elbo::host
