// Models whose evidence was integrated by quadrature elsewhere: log p(x) = ELBO + KL(q || p(z|x)) for each, importance-weighted
// bounds with their exact expectations, and annealed importance sampling on all of them.
#include <ATen/ops/linspace.h>
#include <gtest/gtest.h>

#include <cmath>

#include "evaluate/metrics/ais.hpp"
#include "model/forward.hpp"
#include "support/known_model.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::doubles, testing::item, testing::KnownModel;

struct Known {
  std::string name;
  std::function<KnownModel()> make;
  double log_px, reconstruction, kl, elbo, kl_to_posterior;
};

KnownModel three_bits(const std::vector<double>& x, double mean, double variance) {
  return {choice("likelihood", "bernoulli"),
          Support::binary,
          x,
          [](const Tensor& z) {
            const Tensor h = (1.5 * z.select(1, 0) + 0.3).tanh();
            return elbo::stack({2 * h - 0.5, -1.5 * h + 0.2, 0.7 * h + 1}, 1);
          },
          {mean},
          {variance}};
}

PluginChoice noise(double sigma) {
  return choice("likelihood", "gaussian", {{"scale", std::string("fixed")}, {"fixed_scale", sigma}});
}

KnownModel banana() {
  return {noise(0.3), Support::real, {.8, .9}, [](const Tensor& z) { return elbo::cat({z, z.square()}, 1); },
          {.85},      {.02}};
}

KnownModel two_dimensions() {
  return {
      noise(0.4), Support::real,
      {1},        [](const Tensor& z) { return (z.select(1, 0).sin() + 0.5 * z.select(1, 1).square()).unsqueeze(1); },
      {.5, .5},   {.25, .64}};
}

const std::vector<Known> models = {
    {"three_bits", [] { return three_bits({1, 0, 1}, .6, .64); }, -1.38196216699393, -1.255128046682, .2231435513142,
     -1.478271597997, .09630943100261},
    {"three_bits_prior", [] { return three_bits({1, 0, 1}, 0, 1); }, -1.38196216699393, -2.186438041553, 0,
     -2.186438041553, .8044758745588},
    {"three_bits_narrow", [] { return three_bits({1, 0, 1}, .6, .49); }, -1.38196216699393, -1.16083685133654,
     .281674943938732, -1.44251179527528, .0605496282813428},
    {"banana", banana, -1.818079668516, -.01829951331303, 1.827261502714, -1.845561016027, .0274813475109},
    {"two_dimensions", two_dimensions, -1.05092323236572, -1.6880803618, .6112907319, -2.2993710936, 1.2484478613},
};

class Quadrature : public ::testing::TestWithParam<Known> {};

// 400,000 samples; 4.5 standard errors. The KL has a closed form.
TEST_P(Quadrature, TheTermsAreTheirIntegrals) {
  const Known& known = GetParam();
  const KnownModel k = known.make();
  Rng rng(1);
  const Pass pass = forward(k.model, k.batch, observation::Scoring::direct, 400000, rng);
  const Terms t = terms_of(pass);
  EXPECT_NEAR(item(t.kl), known.kl, 1e-9);
  EXPECT_NEAR(item(t.reconstruction), known.reconstruction, 4.5 * item(pass.log_lik.std()) / std::sqrt(400000.0));
  EXPECT_NEAR(known.elbo, known.reconstruction - known.kl, 1e-9);
  EXPECT_NEAR(known.log_px, known.elbo + known.kl_to_posterior, 1e-9);
}

// log q - log p(z|x) at draws of q has the mean KL(q || p(z|x)), with log p(z|x) from the known evidence.
TEST_P(Quadrature, TheGapIsTheDivergenceFromThePosterior) {
  const Known& known = GetParam();
  const KnownModel k = known.make();
  Rng rng(2);
  const Tensor log_w = forward(k.model, k.batch, observation::Scoring::direct, 400000, rng).log_weight();
  EXPECT_NEAR(known.log_px - item(log_w.mean()), known.kl_to_posterior, 4.5 * item(log_w.std()) / std::sqrt(400000.0));
}

// 200 temperatures, 200 chains; 4.5 standard errors of the mean weight. The banana has a second, weaker mode that holds some chains.
TEST_P(Quadrature, AnnealingComesToTheEvidenceFromThePrior) {
  const Known& known = GetParam();
  const KnownModel k = known.make();
  AisPath path;
  path.log_joint = [&](const Tensor& z) { return log_joint_at(k.model, k.batch, observation::Scoring::direct, z); };
  path.log_start = [&](const Tensor& z) { return k.model.prior->log_prob(z); };
  path.start = Rng(3).like(k.batch.x).normal({200, 1, k.model.latent_dim});
  const AisSettings settings{.temperatures = 200, .chains = 200, .leapfrog_steps = 4};
  const Tensor w = (forward_log_weights(path, pilot(path, settings, Rng(4)), settings, Rng(5)) - known.log_px).exp();
  EXPECT_NEAR(item(w.mean()), 1, 4.5 * item(w.std()) / std::sqrt(200.0));
  EXPECT_LT(item(w.std()), 1.5);  // so that this says something
}

INSTANTIATE_TEST_SUITE_P(models, Quadrature, ::testing::ValuesIn(models), [](const auto& of) { return of.param.name; });

// E[L_K] by a Laplace transform, elsewhere. Replicates: 200,000 / K, at least 400; 4.5 standard errors.
TEST(Quadrature, ImportanceWeightedBoundsAreTheirExpectationsUpToFiveThousandSamples) {
  const std::map<std::string, std::map<int64_t, double>> expected = {
      {"three_bits", {{2, -1.416450569}, {50, -1.383006536}, {1000, -1.382014086}, {5000, -1.381972554}}},
      {"three_bits_prior",
       {{1, -2.186438042},
        {2, -1.727721212},
        {5, -1.475408958},
        {10, -1.421954434},
        {50, -1.389245068},
        {100, -1.385566364},
        {1000, -1.382319340},
        {5000, -1.382033545}}}};
  for (const auto& [name, bounds] : expected)
    for (const auto& [k, bound] : bounds) {
      const KnownModel known = name == "three_bits" ? three_bits({1, 0, 1}, .6, .64) : three_bits({1, 0, 1}, 0, 1);
      const int64_t replicates = std::max<int64_t>(400, 200000 / k);
      Rng rng = Rng(7).fork(name, static_cast<uint64_t>(k));
      const Tensor log_w =
          forward(known.model, known.batch, observation::Scoring::direct, k * replicates, rng).log_weight();
      const Tensor each = log_w.reshape({replicates, k}).logsumexp(1) - std::log(static_cast<double>(k));
      EXPECT_NEAR(item(each.mean()), bound, 4.5 * item(each.std()) / std::sqrt(static_cast<double>(replicates)))
          << name << ", K = " << k;
    }
}

// On a grid the trapezoid rule is exact to all digits here: the framework's own log p(x, z) sums to the known evidence of
// every x, and these to 1.
TEST(Quadrature, LogJointIntegratesToTheEvidenceOfEveryDatum) {
  const double known[] = {-2.95676419250163, -1.92445419737884, -2.17042456727775, -1.53632462691515,
                          -2.85881451806138, -1.38196216699393, -3.25607269263949, -2.07308930056076};
  const Tensor grid = at::linspace(-12, 12, 4801, at::TensorOptions(at::kDouble)).view({4801, 1, 1});
  double total = 0;
  for (int bits = 0; bits < 8; ++bits) {
    const KnownModel k = three_bits({double(bits >> 2 & 1), double(bits >> 1 & 1), double(bits & 1)}, 0, 1);
    const double log_px =
        item(log_joint_at(k.model, k.batch, observation::Scoring::direct, grid).logsumexp(0)) + std::log(0.005);
    EXPECT_NEAR(log_px, known[bits], 1e-9) << bits;
    total += std::exp(log_px);
  }
  EXPECT_NEAR(total, 1, 1e-9);
}

TEST(Quadrature, TheBananaIntegratesToItsEvidence) {
  const KnownModel k = banana();
  const Tensor grid = at::linspace(-12, 12, 4801, at::TensorOptions(at::kDouble)).view({4801, 1, 1});
  EXPECT_NEAR(item(log_joint_at(k.model, k.batch, observation::Scoring::direct, grid).logsumexp(0)) + std::log(0.005),
              -1.818079668516, 1e-9);
}

}  // namespace
}  // namespace elbo::host
