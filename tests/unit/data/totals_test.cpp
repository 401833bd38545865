#include "data/audit/totals.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace elbo::host::data {
namespace {

Dataset counts_of(std::vector<float> train, std::vector<float> test) {
  Dataset dataset;
  dataset.shape = {2};
  dataset.train.x = {{static_cast<int64_t>(train.size()) / 2, 2}, std::move(train)};
  dataset.test.x = {{static_cast<int64_t>(test.size()) / 2, 2}, std::move(test)};
  return dataset;
}

TEST(Totals, NegativeBinomialByMoments) {
  // Totals 0 and 4: mean 2, variance 4, dispersion 2, so P(k) = (k + 1) / 2^(k + 2)
  const auto log_p = log_prob_of_totals(counts_of({0, 0, 1, 3}, {0, 0, 1, 0, 2, 1}));
  ASSERT_EQ(log_p.size(), 3u);
  EXPECT_NEAR(log_p[0], std::log(1.0 / 4), 1e-12);
  EXPECT_NEAR(log_p[1], std::log(2.0 / 8), 1e-12);
  EXPECT_NEAR(log_p[2], std::log(4.0 / 32), 1e-12);
}

TEST(Totals, PoissonWhereTheyHardlyVary) {
  const auto log_p = log_prob_of_totals(counts_of({1, 1, 2, 0}, {0, 0, 3, 0}));
  EXPECT_NEAR(log_p[0], -2, 1e-12);
  EXPECT_NEAR(log_p[1], 3 * std::log(2.0) - 2 - std::log(6.0), 1e-12);
}

}  // namespace
}  // namespace elbo::host::data
