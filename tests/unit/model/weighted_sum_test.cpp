#include "model/weighted_sum.hpp"

#include <gtest/gtest.h>

#include <elbo/random.hpp>

#include "support/tensors.hpp"
#include "support/twins.hpp"

namespace elbo::host {
namespace {

using testing::both_ways, testing::expect_equal, testing::item, testing::tolerance_of;

class WeightedSum : public ::testing::TestWithParam<at::ScalarType> {};

TEST_P(WeightedSum, IsItsTwin) {
  const auto [ours, plain] = both_ways([&] {
    Rng rng(1);
    std::vector<Tensor> leaves = {rng.normal({3, 70}), rng.normal({5, 6, 7}), rng.normal({1, 2}).sum()};
    for (Tensor& t : leaves) t = t.to(GetParam()).set_requires_grad(true);
    const Tensor sum =
        weighted_sum({{leaves[0].square(), 0.3}, {leaves[1].transpose(0, 2), -2}, {leaves[2], 1}, {leaves[0], 0}});
    (sum * sum).backward();
    return std::vector<Tensor>{sum.detach(), leaves[0].grad(), leaves[1].grad(), leaves[2].grad()};
  });
  expect_equal(ours, plain, tolerance_of(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(dtypes, WeightedSum, ::testing::Values(at::kFloat, at::kDouble),
                         [](const auto& info) { return info.param == at::kFloat ? "float32" : "float64"; });

TEST(WeightedSum, AddsUpInFloat64) {
  const Tensor ones = full({1 << 25}, 1.0);  // float32 would stop counting at 2^24
  EXPECT_EQ(sum_of(ones), static_cast<double>(1 << 25));
  EXPECT_NEAR(item(weighted_sum({{ones, std::ldexp(1, -25)}})), 1, 1e-6);
}

TEST(WeightedSum, ColumnsHaveSumsOfTheirOwn) {
  EXPECT_EQ(column_sums(tensor_of({1, 2, 3, 4, 5, 6}, {3, 2})), (std::vector<double>{9, 12}));
}

}  // namespace
}  // namespace elbo::host
