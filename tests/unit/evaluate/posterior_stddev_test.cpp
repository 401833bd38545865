// What is logged as the scale of each family, against the deviation of its draws.
#include "evaluate/evaluate.hpp"

#include <gtest/gtest.h>

#include <elbo/coders.hpp>
#include <elbo/posterior.hpp>

#include "support/tensors.hpp"

namespace elbo::host {
namespace {

using testing::doubles, testing::double_rng, testing::item;

Tensor ids() { return doubles({4, 9}, {2}).to(at::kLong); }

TEST(PosteriorStddev, is_the_deviation_of_the_draws) {
  const Tensor mean = doubles({.3, -1, 2, .1, .5, -.7}, {2, 3}), scale = doubles({-.5, .3, -2, 0, -1, .2}, {2, 3});
  const Tensor below = double_rng(1).normal({1, 2, 9}).view({2, 3, 3});
  const std::pair<const char*, std::unique_ptr<Posterior>> families[] = {
      {"diagonal", posteriors::diagonal_normal(mean, scale)},
      {"full", posteriors::full_normal(mean, scale, below)},
      {"laplace", posteriors::laplace(mean, scale)},
      {"uniform", posteriors::uniform(mean, scale)},
      {"von Mises-Fisher", posteriors::von_mises_fisher(mean, doubles({-1, 3}, {2}))}};
  for (const auto& [name, q] : families) {
    Rng rng = double_rng(2);
    const Tensor drawn = q->draw(200000, rng).z.std(0);
    EXPECT_LT(item((posterior_stddev(*q, ids()) / drawn - 1).abs().max()), 0.01) << name;
  }
}

TEST(PosteriorStddev, of_a_flow_is_that_of_draws_which_do_not_depend_on_the_batch) {
  PosteriorHead head({.flow = "realnvp"}, 3, 2, Rng(1));
  for (const auto& [name, t] : head.named_parameters())
    t.detach().add_(Rng(2).fork(name).normal({1, 1, t.numel()}).view_as(t) * 0.1);
  const Tensor features = Rng(3).normal({1, 2, 3})[0];
  const auto both = head.posterior(features), second = head.posterior(features.slice(0, 1, 2));
  const Tensor spread = posterior_stddev(*both, ids());
  EXPECT_LT(item((spread[1] - posterior_stddev(*second, ids().slice(0, 1, 2))[0]).abs().max()), 1e-6);
  Rng rng(4);
  EXPECT_LT(item((spread / both->draw(20000, rng).z.std(0) - 1).abs().max()), 0.3);  // 4.5 times 1 / sqrt(2 x 99)
}

}  // namespace
}  // namespace elbo::host
