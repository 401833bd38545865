#include "evaluate/importance.hpp"

#include <gtest/gtest.h>

#include <limits>

#include <elbo/random.hpp>

namespace elbo::host {
namespace {

Tensor log_weights() { return 300 * Rng(1).normal({64, 5}).to(at::kDouble); }

TEST(LogMeanWeight, EqualsTheDirectFormHoweverItIsChunked) {
  const Tensor w = log_weights();
  const Tensor direct = w.logsumexp(0) - std::log(64.0);
  for (const int64_t chunk : {1, 7, 64}) {
    LogMeanWeight streamed;
    for (int64_t first = 0; first < 64; first += chunk)
      streamed.add(w.narrow(0, first, std::min<int64_t>(chunk, 64 - first)));
    EXPECT_EQ(streamed.samples(), 64);
    EXPECT_LT((streamed.value() - direct).abs().max().item<double>(), 1e-10);
  }
}

TEST(LogMeanWeight, EqualWeightsAreAllEffectiveAndUnbiased) {
  LogMeanWeight equal;
  equal.add(full({50, 3}, -1234.5).to(at::kDouble));
  EXPECT_NEAR(equal.value()[0].item<double>(), -1234.5, 1e-9);
  EXPECT_NEAR(equal.effective_samples()[0].item<double>(), 50, 1e-9);
  EXPECT_NEAR(equal.bias()[0].item<double>(), 0, 1e-12);
}

TEST(LogMeanWeight, OneDominantWeightIsOneEffectiveSample) {
  LogMeanWeight dominated;
  Tensor w = full({50, 1}, -1000.0).to(at::kDouble);
  w[7] = 0;
  dominated.add(w);
  EXPECT_NEAR(dominated.effective_samples()[0].item<double>(), 1, 1e-9);
  EXPECT_NEAR(dominated.bias()[0].item<double>(), -49.0 / 100, 1e-9);
}

TEST(LogMeanWeight, WeightsOfZeroAreCountedAndGiveNoNan) {
  const double infinity = std::numeric_limits<double>::infinity();
  LogMeanWeight w;
  w.add(full({3, 1}, -infinity).to(at::kDouble));
  EXPECT_EQ(w.value()[0].item<double>(), -infinity);
  w.add(full({1, 1}, 2.0).to(at::kDouble));
  EXPECT_NEAR(w.value()[0].item<double>(), 2 - std::log(4.0), 1e-12);
}

TEST(LogMeanWeight, FirstOrderBiasMatchesItsFormula) {
  const Tensor w = 0.5 * Rng(2).normal({1000, 1}).to(at::kDouble);
  LogMeanWeight estimate;
  estimate.add(w);
  const Tensor plain = w.exp();
  const double cv2 = (plain.var(0, false) / plain.mean(0).square()).item<double>();
  EXPECT_NEAR(estimate.bias()[0].item<double>(), -cv2 / 2000, 1e-12);
}

}  // namespace
}  // namespace elbo::host
