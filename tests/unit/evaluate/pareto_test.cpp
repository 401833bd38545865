#include "metrics/pareto.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <elbo/random.hpp>

#include "evaluate/importance.hpp"

namespace elbo::host {
namespace {

/// Quantiles of a Pareto distribution of this shape, as log weights, descending.
std::vector<double> log_quantiles(double shape, int n) {
  std::vector<double> logs;
  for (int i = 0; i <= n; ++i) logs.push_back(-shape * std::log((i + 0.5) / (n + 1)));
  return logs;
}

TEST(Pareto, TailSizes) {
  EXPECT_EQ(pareto_tail_size(24), 0);
  EXPECT_EQ(pareto_tail_size(100), 20);
  EXPECT_EQ(pareto_tail_size(400), 60);
  EXPECT_EQ(pareto_tail_size(5000), 213);
}

// Expected values: the algorithm of Zhang & Stephens (2009) with the prior of Vehtari et al. (2024), in another program.
TEST(Pareto, ShapesOfKnownTails) {
  EXPECT_NEAR(pareto_k(log_quantiles(0.3, 60)), 0.33560832058231616, 1e-10);
  EXPECT_NEAR(pareto_k(log_quantiles(0.9, 60)), 0.818370416894216, 1e-10);
}

TEST(Pareto, AScaleChangesNothing) {
  std::vector<double> shifted = log_quantiles(0.6, 100);
  const double k = pareto_k(shifted);
  for (double& w : shifted) w -= 1234;
  EXPECT_NEAR(pareto_k(shifted), k, 1e-9);
}

TEST(Pareto, DegenerateTails) {
  EXPECT_EQ(pareto_k(std::vector<double>(30, -7.0)), -INFINITY);
  std::vector<double> one(30, -1000.0);
  one[0] = 0;
  EXPECT_EQ(pareto_k(one), INFINITY);  // one weight is all there is
  EXPECT_TRUE(std::isnan(pareto_k(std::vector<double>{3, 2, 1})));
}

TEST(Pareto, TheStreamKeepsTheLargestHoweverItIsChunked) {
  const Tensor w = Rng(5).normal({200, 3}).to(at::kDouble) * 2;
  std::vector<double> all;
  for (const int64_t chunk : {200, 33, 1}) {
    LogMeanWeight streamed(200);
    for (int64_t first = 0; first < 200; first += chunk)
      streamed.add(w.narrow(0, first, std::min<int64_t>(chunk, 200 - first)));
    all.push_back(streamed.pareto_k()[1].item<double>());
  }
  EXPECT_TRUE(std::isfinite(all[0]));
  EXPECT_EQ(all[0], all[1]);
  EXPECT_EQ(all[0], all[2]);
}

TEST(Pareto, TooFewSamplesSayNothing) {
  LogMeanWeight few(10);
  few.add(Rng(5).normal({10, 2}).to(at::kDouble));
  EXPECT_TRUE(std::isnan(few.pareto_k()[0].item<double>()));
}

}  // namespace
}  // namespace elbo::host
