#include "evidence/weights.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "evidence/evidence.hpp"
#include "support/tensors.hpp"

namespace elbo::host {
namespace {

/// Phi^-1 by bisection: erfc keeps its digits in the tails.
double normal_quantile(double p) {
  double low = -40, high = 40;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2)) < p ? low : high) = middle;
  }
  return low;
}

// Weights at the quantiles of a Pareto distribution of shape k; computed elsewhere with the fit of the R package loo.
TEST(Weights, OfParetoQuantilesHaveTheirShapeAndTheirMean) {
  struct Row {
    int64_t samples;
    double k, k_hat, limit, effective, log_mean;
  };
  for (const Row& row : std::vector<Row>{{100, 0.2, 0.319621, 0.5, 94.638315, 0.220948777},
                                         {100, 0.5, 0.49196, 0.5, 57.267292, 0.662436508},
                                         {100, 0.7, 0.606289, 0.5, 28.347773, 1.063846429},
                                         {100, 1.0, 0.7778, 0.5, 8.761289, 1.882313566},
                                         {1000, 0.2, 0.236788, 0.666667, 940.089729, 0.222795925},
                                         {1000, 0.5, 0.497086, 0.666667, 442.31026, 0.683536872},
                                         {1000, 0.7, 0.670658, 0.666667, 124.118696, 1.136195472},
                                         {1000, 1.0, 0.931073, 0.666667, 15.951055, 2.182817441},
                                         {4000, 0.2, 0.219311, 0.7, 3754.775198, 0.223028889},
                                         {4000, 0.5, 0.498313, 0.7, 1544.942251, 0.688353567},
                                         {4000, 0.7, 0.684322, 0.7, 294.905369, 1.159775689},
                                         {4000, 1.0, 0.963311, 0.7, 21.32261, 2.328014962}}) {
    std::vector<double> log_w;
    for (int64_t i = 1; i <= row.samples; ++i)
      log_w.push_back(-row.k * std::log1p(-(static_cast<double>(i) - 0.5) / static_cast<double>(row.samples)));
    const WeightSummary s = summarise(log_w);
    EXPECT_NEAR(s.pareto_k, row.k_hat, 2e-6) << row.samples << ", " << row.k;
    EXPECT_NEAR(pareto_k_limit(row.samples), row.limit, 1e-6);
    EXPECT_NEAR(s.effective, row.effective, 1e-5);
    EXPECT_NEAR(s.log_mean, row.log_mean, 1e-8);
  }
}

TEST(Weights, OfShiftedNormalsHaveTheErrorsOfTheirFormulas) {
  struct Row {
    double d, log_mean, effective, bias, error, k_hat;
  };
  for (const Row& row : std::vector<Row>{{0.5, -0.00024, 780.1136, -0.00014107, 0.01679722, 0.10819},
                                         {1, -0.002165, 382.218, -0.00080896, 0.04022345, 0.290753},
                                         {2, -0.042565, 47.6997, -0.00999224, 0.1413665, 0.666497},
                                         {3, -0.291369, 9.2864, -0.05339532, 0.32678837, 1.05242}}) {
    std::vector<double> log_w;
    for (int i = 1; i <= 1000; ++i) log_w.push_back(row.d * normal_quantile((i - 0.5) / 1000) - row.d * row.d / 2);
    const WeightSummary s = summarise(log_w);
    EXPECT_NEAR(s.log_mean, row.log_mean, 1e-6);
    EXPECT_NEAR(s.effective, row.effective, 1e-4);
    EXPECT_NEAR(s.bias, row.bias, 1e-8);
    EXPECT_NEAR(s.standard_error, row.error, 1e-8);
    EXPECT_NEAR(s.pareto_k, row.k_hat, 1e-5);
    EXPECT_EQ(is_trusted(s, 25), row.d < 2.5) << row.d;  // 1000 weights: k-hat 0.6665 is just below 0.6667
  }
}

TEST(Weights, OfNoMassAreNoEvidenceAndNaNCountsAsNone) {
  const double infinity = std::numeric_limits<double>::infinity();
  const WeightSummary none = summarise(std::vector<double>(30, -infinity));
  EXPECT_EQ(none.log_mean, -infinity);
  EXPECT_FALSE(is_trusted(none, 25));
  const std::vector<double> half = {0, std::nan(""), 0, -infinity};
  EXPECT_NEAR(summarise(half).log_mean, -std::log(2), 1e-15);
}

TEST(Weights, AllAlikeAreTrusted) {
  const WeightSummary s = summarise(std::vector<double>(500, -1234.5));
  EXPECT_NEAR(s.log_mean, -1234.5, 1e-12);
  EXPECT_EQ(s.standard_error, 0);
  EXPECT_TRUE(is_trusted(s, 25));
}

// log w ~ N(-d^2/2, d^2) under the proposal and N(+d^2/2, d^2) at the exact sample. The expectations of lower and upper bound were
// simulated elsewhere; 4.5 standard errors of both. E[exp(-U)] = 1 / p(x) = 1.
TEST(Weights, TheSandwichHasItsExpectations) {
  struct Row {
    double d;
    int64_t samples;
    double lower, upper, error;
  };
  constexpr int replicates = 100000;
  for (const Row& row : std::vector<Row>{{1, 1, -0.5, 0.5, 0},
                                         {1, 2, -0.29043, 0.29863, 0.00124},
                                         {1, 10, -0.07337, 0.07638, 0.00063},
                                         {2, 10, -0.52785, 0.66088, 0.00206}}) {
    Rng rng = testing::double_rng(5).fork("sandwich", static_cast<uint64_t>(row.samples + 100 * row.d));
    const Tensor under = row.d * rng.normal({replicates, row.samples}) - row.d * row.d / 2;
    const Tensor exact = row.d * rng.normal({replicates, 1}) + row.d * row.d / 2;
    double lower = 0, upper = 0, squares = 0, inverse = 0;
    for (int64_t r = 0; r < replicates; ++r) {
      const double* w = under.data_ptr<double>() + r * row.samples;
      const double u = upper_bound({w, w + row.samples}, exact.data_ptr<double>()[r]);
      lower += summarise({w, static_cast<size_t>(row.samples)}).log_mean / replicates;
      upper += u / replicates;
      squares += u * u / replicates;
      inverse += std::exp(-u) / replicates;
    }
    const double se = std::hypot(row.error, std::sqrt((squares - upper * upper) / replicates));
    EXPECT_NEAR(lower, row.lower, 4.5 * se) << row.d << ", " << row.samples;
    EXPECT_NEAR(upper, row.upper, 4.5 * se) << row.d << ", " << row.samples;
    if (row.d == 1) {
      EXPECT_NEAR(inverse, 1, 0.03);
    }
  }
}

}  // namespace
}  // namespace elbo::host
