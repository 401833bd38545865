#include <elbo/objective_parts.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <elbo/random.hpp>

#include "support/tensors.hpp"
#include "support/twins.hpp"

namespace elbo::host {
namespace {

using testing::both_ways, testing::expect_equal, testing::item, testing::tolerance_of;

class GroupedBound : public ::testing::TestWithParam<at::ScalarType> {};

TEST_P(GroupedBound, IsItsTwin) {
  for (const int64_t groups : {1, 3, 12}) {
    const auto [ours, plain] = both_ways([&] {
      const Tensor log_w = (Rng(1).normal({1, 12, 7}).squeeze(0) * 5 - 100).to(GetParam()).set_requires_grad(true);
      const Tensor bound = grouped_bound(log_w, groups);
      bound.mul(0.1).sin().sum().backward();
      return std::vector<Tensor>{bound.detach(), log_w.grad()};
    });
    expect_equal(ours, plain, tolerance_of(GetParam()));
  }
}

TEST_P(GroupedBound, WeightsOfZeroCountAndAreNoNan) {
  const double none = -std::numeric_limits<double>::infinity();
  const Tensor log_w = tensor_of({none, -3, none, none, -1, none}, {2, 3}).to(GetParam());
  const Tensor bound = grouped_bound(log_w, 1);
  EXPECT_EQ(item(bound[0]), none);
  EXPECT_NEAR(item(bound[1]), std::log((std::exp(-3) + std::exp(-1)) / 2), 1e-6);
  EXPECT_EQ(item(bound[2]), none);
}

TEST_P(GroupedBound, PassesNanOn) {
  const Tensor log_w = tensor_of({-1, std::nan(""), -2, -3}, {2, 2}).to(GetParam());
  EXPECT_FALSE(std::isnan(item(grouped_bound(log_w, 1)[0])));
  EXPECT_TRUE(std::isnan(item(grouped_bound(log_w, 1)[1])));
}

INSTANTIATE_TEST_SUITE_P(dtypes, GroupedBound, ::testing::Values(at::kFloat, at::kDouble),
                         [](const auto& info) { return info.param == at::kFloat ? "float32" : "float64"; });

}  // namespace
}  // namespace elbo::host
