// Probabilistic PCA (Tipping & Bishop 1999): every term of the ELBO is known in closed form at the optimum.
#include <gtest/gtest.h>

#include <cmath>

#include <elbo/objective_parts.hpp>

#include "evaluate/importance.hpp"
#include "model/forward.hpp"
#include "support/ppca.hpp"

namespace elbo::host {
namespace {

using namespace testing::ppca;
using testing::doubles, testing::item, testing::set;

TEST(Ppca, LogWeightsAreExactlyLogEvidenceForEverySample) {
  const Model m = optimum();
  Rng rng(1);
  const Tensor log_w = forward(m, batch(), observation::Scoring::direct, 50, rng).log_weight();
  EXPECT_LT(item((log_w - doubles(log_px, {6})).abs().max()), 1e-9);
}

TEST(Ppca, TheKlOfEachDimensionIsHalfTheLogOfItsEigenvalueOverTheNoise) {
  const Model m = optimum();
  Rng rng(1);
  const Terms t = terms_of(forward(m, batch(), observation::Scoring::direct, 1, rng));
  const Tensor kl = t.kl_per_dim.mean(0);
  EXPECT_NEAR(item(kl.select(0, 0)), 0.814974286453, 1e-10);
  EXPECT_NEAR(item(kl.select(0, 1)), 0.658316001318, 1e-10);
}

// Reconstruction noise of 20,000 x 6 samples has a standard error near 0.003; the seed is fixed.
TEST(Ppca, ReconstructionAndElboAreTheClosedForm) {
  const Model m = optimum();
  Rng rng(2);
  const Terms t = terms_of(forward(m, batch(), observation::Scoring::direct, 20000, rng));
  EXPECT_NEAR(item(t.reconstruction.mean()), -4.221451079000, 0.015);
  EXPECT_NEAR(item(t.elbo.mean()), -5.694741366772, 0.015);
}

TEST(Ppca, TheImportanceWeightedBoundEqualsTheElboForEveryK) {
  const Model m = optimum();
  for (const int64_t k : {1, 2, 100}) {
    Rng rng(3);
    LogMeanWeight bound;
    bound.add(forward(m, batch(), observation::Scoring::direct, k, rng).log_weight());
    EXPECT_NEAR(item(bound.value().mean()), -5.694741366772, 1e-9);
    EXPECT_NEAR(item(bound.effective_samples().mean()), static_cast<double>(k), 1e-6);
    Rng again(3);
    EXPECT_NEAR(item(grouped_bound(forward(m, batch(), observation::Scoring::direct, k, again).log_weight(), 1).mean()),
                -5.694741366772, 1e-9);
  }
}

TEST(Ppca, APriorInPlaceOfThePosteriorLosesExactlyItsDivergence) {
  const Model m = optimum();
  set(m, "encoder.head.mean.weight", zeros({2, 4}).to(at::kDouble));
  set(m, "encoder.head.mean.bias", zeros(Shape{2}).to(at::kDouble));
  set(m, "encoder.head.log_scale", zeros(Shape{2}).to(at::kDouble));
  Rng rng(4);
  const Terms t = terms_of(forward(m, batch(), observation::Scoring::direct, 50000, rng));
  EXPECT_NEAR(item(t.kl.mean()), 0, 1e-12);
  EXPECT_NEAR(item(t.elbo.mean()), -11.055898078536, 0.08);
}

// Burda et al. (2016), with q shifted by d posterior standard deviations: E[L_K] - log p(x) is known for every K.
// 40,000 replicates of 6 data; tolerances are 4.5 standard errors of log w's variance d^2 at K = 1, less above.
TEST(Ppca, AShiftedPosteriorGivesTheKnownImportanceWeightedBounds) {
  const double d = 1;
  const std::map<int64_t, double> gaps = {{1, -.5}, {2, -.290485273}, {5, -.135544965}, {10, -.073721198}};
  const Model m = optimum();
  const Tensor shift = (sigma2 / doubles(eigenvalues, {2})).sqrt() * doubles({d, 0}, {2});
  for (const auto& [name, t] : m.named_parameters())
    if (name == "encoder.head.mean.bias") t.detach().add_(shift);
  for (const auto& [k, gap] : gaps) {
    const int64_t replicates = 40000;
    Rng rng = Rng(5).fork("k", static_cast<uint64_t>(k));
    const Tensor log_w = forward(m, batch(), observation::Scoring::direct, k * replicates, rng).log_weight();
    const Tensor bounds =
        log_w.reshape({replicates, k, 6}).logsumexp(1) - std::log(static_cast<double>(k)) - doubles(log_px, {6});
    const double error = item(bounds.std()) / std::sqrt(6.0 * replicates);
    EXPECT_NEAR(item(bounds.mean()), gap, 4.5 * error) << "K = " << k;
  }
}

TEST(Ppca, GradientsVanishAtTheOptimum) {
  const Model m = optimum();
  Rng rng(6);
  Pass pass = forward(m, batch(), observation::Scoring::direct, 20000, rng);
  pass.sampled_kl = true;
  pass.elbo_each().mean().backward();
  for (const auto& [name, t] : m.named_parameters()) EXPECT_LT(item(t.grad().abs().max()), 0.05) << name;
}

}  // namespace
}  // namespace elbo::host
