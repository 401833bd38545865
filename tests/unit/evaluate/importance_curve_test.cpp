// Bounds for several numbers of importance samples in one pass.
#include <gtest/gtest.h>

#include <cmath>

#include "evaluate/evaluate.hpp"
#include "support/ppca.hpp"

namespace elbo::host {
namespace {

using testing::doubles, testing::item, testing::ppca::Fed, testing::ppca::no_tick;

/// A posterior whose first mean is off by d posterior standard deviations.
void shift(Model& model, double d) {
  const Tensor by = (testing::ppca::sigma2 / doubles(testing::ppca::eigenvalues, {2})).sqrt() * doubles({d, 0}, {2});
  for (const auto& [name, t] : model.named_parameters())
    if (name == "encoder.head.mean.bias") t.detach().add_(by);
}

TEST(ImportanceCurve, EveryPointIsTheBoundOfItsOwnPass) {
  Fed fed;
  shift(fed.model, 1);
  const auto curve = importance_curve(fed.model, fed.source, 6, {1, 7, 40, 200}, 4, Rng(3), no_tick);
  for (const ImportancePoint& point : curve) {
    const auto alone = importance_weighted(fed.model, fed.source, 6, point.samples, 6, Rng(3), no_tick);
    for (size_t i = 0; i < 6; ++i) {
      EXPECT_NEAR(point.log_px[i], alone.log_px[i], 1e-10);
      EXPECT_NEAR(point.effective_samples[i], alone.effective_samples[i], 1e-8);
      if (point.samples < 25) EXPECT_TRUE(std::isnan(point.pareto_k[i]));
      else EXPECT_NEAR(point.pareto_k[i], alone.pareto_k[i], 1e-9);
    }
  }
}

TEST(ImportanceCurve, TheRiseIsOverTheFirstHalfOfTheSamples) {
  Fed fed;
  shift(fed.model, 1);
  const auto whole = importance_weighted(fed.model, fed.source, 6, 64, 6, Rng(3), no_tick);
  const auto half = importance_weighted(fed.model, fed.source, 6, 32, 6, Rng(3), no_tick);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(whole.half_log_px[i], half.log_px[i], 1e-10);
  EXPECT_TRUE(std::isnan(importance_weighted(fed.model, fed.source, 6, 1, 6, Rng(3), no_tick).half_log_px[0]));
}

// Burda et al. (2016): log w ~ N(log p - d^2 / 2, d^2); E[L_K] - log p(x) by a Laplace-transform quadrature, for each K and d.
// 6 data, as many passes as keep every K at 6,000 replicates or more (300 for the largest); 4.5 standard errors.
TEST(ImportanceCurve, ShiftedPosteriorsGiveTheKnownBoundsUpToFiveThousandSamples) {
  const std::vector<int64_t> samples = {1, 2, 5, 10, 50, 100, 1000, 5000};
  const std::map<double, std::vector<double>> gaps = {
      {0.5, {-.125, -.065884201, -.027444360, -.013945061, -.002829331, -.001417372, -.000141985, -.000028401}},
      {2, {-2, -1.357751134, -.801358189, -.529541075, -.188616910, -.116488975, -.019428696, -.004695784}},
      {3, {-4.5, -3.354434796, -2.289122551, -1.717495452, -.873323739, -.646181018, -.219331837, -.093005492}}};
  for (const auto& [d, expected] : gaps) {
    Fed fed;
    shift(fed.model, d);
    std::vector<std::vector<double>> differences(samples.size());
    for (uint64_t repeat = 0; repeat < 50; ++repeat) {
      const auto curve =
          importance_curve(fed.model, fed.source, 6, samples, 6, Rng(17).fork("repeat", repeat), no_tick);
      for (size_t k = 0; k < samples.size(); ++k)
        for (size_t i = 0; i < 6; ++i) differences[k].push_back(curve[k].log_px[i] - testing::ppca::log_px[i]);
    }
    for (size_t k = 0; k < samples.size(); ++k)
      EXPECT_NEAR(mean_of(differences[k]), expected[k], 4.5 * standard_error(differences[k]) + 1e-9)
          << "d = " << d << ", K = " << samples[k];
  }
}

}  // namespace
}  // namespace elbo::host
