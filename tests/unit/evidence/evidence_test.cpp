// Evidence over a test set, and its certificate.
#include "evidence/evidence.hpp"

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "support/evidence_models.hpp"
#include "support/ppca.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::item, testing::ppca::Fed, testing::ppca::no_tick;

int64_t not_trusted(const EvidenceResult& r) {
  return std::count_if(r.each.begin(), r.each.end(), [](const Evidence& e) { return e.rung == Rung::none; });
}

TEST(Evidence, OfTheLinearModelIsExactAndCertified) {
  Fed fed;
  const EvidenceResult r = evidence(fed.model, fed.source, 6, {}, Rng(1), no_tick);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(r.each[i].log_px, testing::ppca::log_px[i], 1e-8);
  EXPECT_EQ(not_trusted(r), 0);
  EXPECT_EQ(r.certificate.modes, 1);
  EXPECT_EQ(r.certificate.gaps.size(), 6u);
  EXPECT_LT(std::abs(r.certificate.mean_gap()), 1e-8);
  EXPECT_LT(r.certificate.largest_gap(), 1);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(r.certificate.annealed_differences[i], 0, 0.1);
}

/// A small network in float32 and binary data drawn from it, as the program trains them.
struct Network {
  observation::ObservationModel observed{{{30}, Support::binary, 0}};
  Model model = made_model(observed.observation);
  data::Dataset dataset = drawn(model);
  BatchSource source{dataset, observed};

  static Model made_model(const Observation& observation) {
    Model m = testing::make_model(choice("encoder", "mlp", {{"hidden", std::vector<int64_t>{20}}}),
                                  choice("decoder", "mlp", {{"hidden", std::vector<int64_t>{20}}}),
                                  choice("likelihood", "bernoulli"), observation, 5);
    m.to_like(elbo::zeros(Shape{1}));
    for (const auto& [name, t] : m.named_parameters())
      if (name.rfind("decoder", 0) == 0 && t.dim() == 2) t.detach().mul_(3);
    return m;
  }

  static data::Dataset drawn(const Model& m) {
    const at::NoGradGuard no_gradients;
    Rng rng(3), noise(4);
    const Tensor x = m.likelihood->sample(decode(m, rng.normal({1, 24, 5})), noise)[0].to(at::kFloat).contiguous();
    data::Dataset d;
    d.shape = {30};
    d.support = Support::binary;
    d.train.x = d.test.x = {{24, 30}, std::vector<float>(x.data_ptr<float>(), x.data_ptr<float>() + x.numel())};
    return d;
  }
};

void expect_same_bits(const EvidenceResult& a, const EvidenceResult& b, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    EXPECT_EQ(a.each[i].log_px, b.each[i].log_px) << i;
    EXPECT_EQ(a.each[i].pareto_k, b.each[i].pareto_k) << i;
    EXPECT_EQ(a.each[i].passes, b.each[i].passes) << i;
    EXPECT_EQ(a.each[i].rung, b.each[i].rung) << i;
  }
}

TEST(Evidence, OfADataPointHasTheSameBitsWhateverElseIsEstimated) {
  Network n;
  const EvidenceSettings s{.simulated = 0, .annealed = 0};
  const EvidenceResult all = evidence(n.model, n.source, 24, s, Rng(1), no_tick);
  const EvidenceResult some = evidence(n.model, n.source, 13, s, Rng(1), no_tick);
  expect_same_bits(all, some, 13);
  EXPECT_EQ(not_trusted(all), 0);
}

TEST(Evidence, InGroupsDiffersByRoundingAlone) {
  Network n;
  EvidenceSettings s{.simulated = 0, .annealed = 0};
  const EvidenceResult alone = evidence(n.model, n.source, 12, s, Rng(1), no_tick);
  s.data_at_once = 7;
  const EvidenceResult together = evidence(n.model, n.source, 12, s, Rng(1), no_tick);
  for (size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(alone.each[i].rung, together.each[i].rung);
    EXPECT_NEAR(alone.each[i].log_px, together.each[i].log_px, 1e-4);
  }
}

TEST(Evidence, IsCertifiedOnDataOfTheModel) {
  Network n;
  const EvidenceResult r = evidence(n.model, n.source, 24, {}, Rng(2), no_tick);
  ASSERT_EQ(r.certificate.gaps.size(), 20u);
  EXPECT_LT(std::abs(r.certificate.mean_gap()), 0.02);
  EXPECT_LT(r.certificate.largest_gap(), 1);
  ASSERT_EQ(r.certificate.annealed_differences.size(), 8u);
  for (size_t i = 0; i < 8; ++i)
    EXPECT_LT(std::abs(r.certificate.annealed_differences[i]), 4.5 * r.certificate.annealed_errors[i]);
  EXPECT_GT(r.certificate.passes, 20 * 500);
}

TEST(Evidence, StopsWhereTheTickThrows) {
  Network n;
  int ticks = 0;
  const auto stop = [&](double fraction) {
    EXPECT_GE(fraction, 0);
    EXPECT_LE(fraction, 1);
    if (++ticks == 30) throw Error("stopped");
  };
  EXPECT_THROW(evidence(n.model, n.source, 24, {}, Rng(1), stop), Error);
  EXPECT_EQ(ticks, 30);
  for (const auto& [name, t] : n.model.named_parameters()) EXPECT_TRUE(t.requires_grad()) << name;
}

TEST(Evidence, ProgressReachesTheEndAndParametersWantTheirGradientsAgain) {
  Network n;
  double last = 0;
  evidence(n.model, n.source, 12, {}, Rng(1), [&](double fraction) {
    EXPECT_GE(fraction, last);
    last = fraction;
  });
  EXPECT_GT(last, 0.9);
  for (const auto& [name, t] : n.model.named_parameters()) {
    EXPECT_TRUE(t.requires_grad()) << name;
    EXPECT_FALSE(t.grad().defined()) << name;
  }
}

}  // namespace
}  // namespace elbo::host
