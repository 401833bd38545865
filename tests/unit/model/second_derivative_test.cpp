// A gradient penalty through the objective's sums: right, or an error.
#include "support/second_derivative.hpp"

#include <elbo/objective_parts.hpp>
#include "model/weighted_sum.hpp"

#include <elbo/random.hpp>

namespace elbo::host {
namespace {

using testing::expect_no_silent_second_derivative, testing::Leaves;

TEST(SecondDerivative, of_the_bound_and_the_sum_is_right_or_refused) {
  const Tensor a = Rng(1).normal({1, 6, 4}).squeeze(0), b = Rng(2).normal({1, 5}).squeeze(0);
  expect_no_silent_second_derivative("grouped_bound", [](const Leaves& t) { return grouped_bound(t[0], 2); }, {a});
  const auto sum = [](const Leaves& t) { return weighted_sum({{t[0].square(), 0.5}, {t[1], 2}}); };
  expect_no_silent_second_derivative("weighted_sum", sum, {a, b});
}

}  // namespace
}  // namespace elbo::host
