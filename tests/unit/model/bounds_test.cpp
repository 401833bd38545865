#include "model/forward.hpp"

#include <elbo/objective_parts.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::item;

Model bernoulli_model() {
  return testing::make_model(choice("encoder", "mlp", {{"hidden", std::vector<int64_t>{8}}}),
                             choice("decoder", "mlp", {{"hidden", std::vector<int64_t>{8}}}),
                             choice("likelihood", "bernoulli"), {{1, 3, 3}, Support::binary, 0}, 2);
}

Batch binary_batch(int64_t n) {
  Rng rng(9);
  Batch b;
  b.x = b.input = (rng.uniform({1, n, 1, 3, 3}).squeeze(0) < 0.4).to(at::kDouble);
  b.ids = zeros(Shape{n}).to(at::kLong);
  return b;
}

TEST(Bounds, TheElboIsReconstructionLessKl) {
  const Model m = bernoulli_model();
  Rng rng(1);
  const Terms t = terms_of(forward(m, binary_batch(5), observation::Scoring::direct, 3, rng));
  EXPECT_LT(item((t.elbo - (t.reconstruction - t.kl)).abs().max()), 1e-12);
  EXPECT_LT(item((t.kl_per_dim.sum(1) - t.kl).abs().max()), 1e-12);
}

TEST(Bounds, TheMeansAreThoseOfTheTerms) {
  const Model m = bernoulli_model();
  Rng rng(1);
  Pass pass = forward(m, binary_batch(5), observation::Scoring::direct, 3, rng);
  for (const bool sampled : {false, true}) {
    pass.sampled_kl = sampled;
    const Means means = means_of(pass);
    const Terms t = terms_of(pass);
    EXPECT_NEAR(means.reconstruction, item(t.reconstruction.mean()), 1e-12);
    EXPECT_NEAR(*means.elbo, item(t.elbo.mean()), 1e-12);
    EXPECT_NEAR(*means.kl, item(t.kl.mean()), 1e-12);
    EXPECT_NEAR(*means.kl_sampled, item(t.kl_sampled.mean()), 1e-12);
    ASSERT_EQ(means.kl_per_dim.size(), 2u);
    EXPECT_NEAR(means.kl_per_dim[1], item(t.kl_per_dim.select(1, 1).sum()), 1e-12);
  }
}

TEST(Bounds, TheImportanceWeightedBoundOfOneSampleIsTheElbo) {
  const Model m = bernoulli_model();
  Rng rng(1);
  Pass pass = forward(m, binary_batch(5), observation::Scoring::direct, 1, rng);
  pass.sampled_kl = true;
  EXPECT_LT(item((grouped_bound(log_weights(pass, 1), 1) - terms_of(pass).elbo).abs().max()), 1e-12);
}

TEST(Bounds, GroupsOfOneSampleAverageToTheElboAndOneGroupIsIwae) {
  const Model m = bernoulli_model();
  Rng rng(1);
  const Tensor log_w = forward(m, binary_batch(5), observation::Scoring::direct, 6, rng).log_weight();
  EXPECT_LT(item((grouped_bound(log_w, 6) - log_w.mean(0)).abs().max()), 1e-12);
  EXPECT_LT(item((grouped_bound(log_w, 1) - (log_w.logsumexp(0) - std::log(6))).abs().max()), 1e-12);
  const Tensor two = grouped_bound(log_w, 2);
  EXPECT_TRUE((two >= grouped_bound(log_w, 6)).all().item<bool>() &&
              (two <= grouped_bound(log_w, 1)).all().item<bool>());
}

// 40,000 samples a data point: the Monte Carlo KL must agree with the closed form within 4.5 standard errors.
TEST(Bounds, MonteCarloAndClosedFormKlAgree) {
  const Model m = bernoulli_model();
  Rng rng(1);
  const Pass pass = forward(m, binary_batch(5), observation::Scoring::direct, 40000, rng);
  const Tensor samples = pass.log_q - pass.log_prior;
  const Tensor z = (samples.mean(0) - pass.kl_per_dim->sum(1)) / (samples.std(0) / std::sqrt(40000.0));
  EXPECT_LT(item(z.abs().max()), 4.5);
}

TEST(Bounds, AnAutoencoderHasNeitherNoiseNorBound) {
  const Model m = bernoulli_model();
  Rng rng(1), other(2);
  const Terms a = terms_of(forward(m, binary_batch(5), observation::Scoring::direct, 1, rng, Latent::mean));
  const Terms b = terms_of(forward(m, binary_batch(5), observation::Scoring::direct, 1, other, Latent::mean));
  EXPECT_TRUE(a.reconstruction.equal(b.reconstruction));
  EXPECT_FALSE(a.elbo.defined());
  EXPECT_FALSE(a.kl.defined());
}

TEST(Bounds, TheFirstCulpritOfANonFinitePassIsNamed) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Batch batch = binary_batch(5);
  const auto culprit = [&](const char* parameter) {
    const Model m = bernoulli_model();
    for (const auto& [name, t] : m.named_parameters())
      if (name == parameter) t.detach().fill_(nan);
    Rng rng(1);
    return first_non_finite(m, batch, forward(m, batch, observation::Scoring::direct, 1, rng));
  };
  EXPECT_EQ(culprit("encoder.head.mean.bias"), "the mean of q(z|x) is nan (encoder:mlp)");
  EXPECT_EQ(culprit("encoder.head.log_scale.bias"), "log q(z|x) is nan (encoder:mlp)");
  EXPECT_EQ(culprit("decoder.head.bias"), "the decoder's output is not finite (decoder:mlp)");
}

// The gradient of E_q[f(z)] is that of z, or that of log q(z|x) where z has none (Williams 1992).
TEST(Bounds, ZOfTheScoreCarriesNoGradientAndItsLogDensityDoes) {
  const Model m = bernoulli_model();
  Rng rng(1), again(1);
  const Pass pass = forward(m, binary_batch(5), observation::Scoring::direct, 3, rng, Latent::score);
  EXPECT_FALSE(pass.z.requires_grad());
  EXPECT_TRUE(pass.log_q.requires_grad());
  const Pass plain = forward(m, binary_batch(5), observation::Scoring::direct, 3, again);
  EXPECT_LT(item((pass.log_q - plain.log_q).abs().max()), 1e-9);
}

// A decoder with three Bernoulli outputs of one latent variable: log p(x) by quadrature is -1.38196216699393.
struct ToyDecoder : Decoder {
  Tensor do_decode(const Tensor& z) override {
    const Tensor h = (1.5 * z.select(1, 0) + 0.3).tanh();
    return elbo::stack({2 * h - 0.5, -1.5 * h + 0.2, 0.7 * h + 1}, 1);
  }
};

struct ToyEncoder : Encoder {
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override {
    const Tensor one = elbo::full({x.size(0), 1}, 1.0, x);
    return posteriors::diagonal_normal(0.6 * one, std::log(0.8) * one);
  }
};

Model quadrature_model() {
  Model m = bernoulli_model();
  const Observation observation{{3}, Support::binary, 0};
  Context context{.observation = observation, .latent_dim = 1};
  m.latent_dim = 1;
  m.likelihood = plugins::make_plugin<Likelihood>(choice("likelihood", "bernoulli"), context);
  context.decoder_output = m.likelihood->params();
  m.prior = plugins::make_plugin<Prior>(choice("prior", "standard_normal"), context);
  m.encoder = std::make_shared<ToyEncoder>();
  m.decoder = std::make_shared<ToyDecoder>();
  m.encoder->attach("encoder:toy", context);
  m.decoder->attach("decoder:toy", context);
  return m;
}

TEST(Bounds, ElboAndImportanceBoundsAreThoseOfQuadrature) {
  const std::map<int64_t, double> bounds = {
      {1, -1.478271598}, {2, -1.416450569}, {5, -1.393343912}, {10, -1.387371416}, {100, -1.382482453}};
  const Model m = quadrature_model();
  Batch b;
  b.x = b.input = testing::doubles({1, 0, 1}, {1, 3});
  b.ids = zeros(Shape{1}).to(at::kLong);
  for (const auto& [k, expected] : bounds) {
    const int64_t replicates = 200000 / k;
    Rng rng = Rng(11).fork("k", static_cast<uint64_t>(k));
    const Tensor log_w = forward(m, b, observation::Scoring::direct, k * replicates, rng).log_weight();
    const Tensor each = log_w.reshape({replicates, k}).logsumexp(1) - std::log(static_cast<double>(k));
    EXPECT_NEAR(item(each.mean()), expected, 4.5 * item(each.std()) / std::sqrt(static_cast<double>(replicates)))
        << "K = " << k;
  }
  Rng rng(12);
  const Terms t = terms_of(forward(m, b, observation::Scoring::direct, 200000, rng));
  EXPECT_NEAR(item(t.kl), .2231435513142, 1e-12);
  EXPECT_NEAR(item(t.reconstruction), -1.255128046682, 0.01);
}

}  // namespace
}  // namespace elbo::host
