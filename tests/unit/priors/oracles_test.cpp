// Whole models with priors and posteriors beyond the normal ones, whose log p(x) is exact.
#include <gtest/gtest.h>

#include <cmath>

#include <elbo/tensor.hpp>

#include "model/forward.hpp"
#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::doubles, testing::item, testing::set;

Batch batch_of(const Tensor& x) {
  Batch b;
  b.x = b.input = x;
  b.ids = zeros(Shape{x.size(0)}).to(at::kLong);
  return b;
}

void set_noise(const Model& m, double variance, int64_t size) {
  m.likelihood->init_from({.count = 6,
                           .mean = zeros(Shape{size}).to(at::kDouble),
                           .variance = doubles(std::vector<double>(static_cast<size_t>(size), variance), {size})});
}

// p(z) = .3 N(-1, .5^2) + .7 N(2, 1), x | z ~ N(1.5 z - .5, .8^2): the evidence is a mixture as well, and so is the
// posterior, whose mean and variance are known. q is the normal distribution with these.
struct MixtureCase {
  double x, log_px, mean, variance, elbo;
};

const MixtureCase mixture_cases[] = {{-2, -2.17081488313496, -.971212625367343, .155182933093892, -2.17665549741674},
                                     {0, -2.57180088795862, .410344881810064, .427279560959929, -2.60123780422868},
                                     {1, -2.17253922693519, 1.19224540077473, .256150830292449, -2.17941115497634},
                                     {4, -2.19551477513945, 2.77854612251066, .221454385790476, -2.19551477944001}};

Model mixture_model() {
  Model m = testing::make_model(choice("encoder", "linear"), choice("decoder", "linear"),
                                choice("likelihood", "gaussian", {{"scale", std::string("shared")}}),
                                {{1}, Support::real, 0}, 1);
  Context context;
  context.latent_dim = 1;
  m.prior = plugins::make_plugin<Prior>(
      choice("prior", "gaussian_mixture", {{"components", int64_t{2}}, {"min_log_scale", -30.}}), context);
  m.prior->to_like(zeros({}).to(at::kDouble));
  set(m, "prior.logits", doubles({.3, .7}, {2}).log());
  set(m, "prior.mean", doubles({-1, 2}, {2, 1}));
  // The raw value whose soft bound [-30, 3] is the scale: softplus(l - 3) more, to first order, and once again.
  const Tensor s = doubles({.5, 1}, {2, 1}).log();
  Tensor raw = s.clone();
  for (int i = 0; i < 60; ++i) raw = raw + s - soft_bound(raw, -30, 3);
  set(m, "prior.log_scale", raw);
  set(m, "decoder.head.weight", doubles({1.5}, {1, 1}));
  set_noise(m, .64, 1);
  set(m, "decoder.head.bias", doubles({-.5}, {1}));
  return m;
}

TEST(MixturePrior, has_the_exact_evidence_by_quadrature) {
  const Model m = mixture_model();
  const Tensor z = arange(24001, doubles({0}, {1})) * 1e-3 - 12;
  for (const MixtureCase& c : mixture_cases) {
    const Tensor log_joint =
        m.prior->log_prob(z.view({-1, 1, 1})) +
        score(m, batch_of(doubles({c.x}, {1, 1})), observation::Scoring::direct, decode(m, z.view({-1, 1, 1})));
    EXPECT_NEAR(std::log(item(log_joint.exp().sum()) * 1e-3), c.log_px, 1e-6) << c.x;
  }
}

TEST(MixturePrior, leaves_the_exact_gap_under_a_moment_matched_posterior) {
  const Model m = mixture_model();
  set(m, "encoder.head.mean.weight", zeros({1, 1}));
  for (const MixtureCase& c : mixture_cases) {
    set(m, "encoder.head.mean.bias", doubles({c.mean}, {1}));
    set(m, "encoder.head.log_scale", doubles({0.5 * std::log(c.variance)}, {1}));
    Rng rng = testing::double_rng(4);
    const Tensor log_w =
        forward(m, batch_of(doubles({c.x}, {1, 1})), observation::Scoring::direct, 200000, rng).log_weight();
    EXPECT_NEAR(item(log_w.mean()), c.elbo, 4.5 * item(log_w.std()) / std::sqrt(2e5) + 1e-6) << c.x;
    EXPECT_NEAR(item(log_w.flatten().logsumexp(0)) - std::log(2e5), c.log_px,
                4.5 * item(log_w.exp().std()) / std::sqrt(2e5) / std::exp(c.log_px) + 1e-6)
        << c.x;
  }
}

// Probabilistic PCA with its factors rotated by 30 degrees (Lucas et al. 2019): the posterior has a covariance, which a
// diagonal normal distribution cannot have. Its best gap is known; a full normal distribution has none.
constexpr double sigma2 = 0.483283651795, log_px = -5.694741366772, diagonal_elbo = -5.703935038979;

Model rotated(const std::string& posterior) {
  const Model m = testing::make_model(
      choice("encoder", "linear", {{"posterior", posterior}}), choice("decoder", "linear"),
      choice("likelihood", "gaussian", {{"scale", std::string("shared")}}), {{4}, Support::real, 0}, 2);
  const double c = std::cos(M_PI / 6), s = std::sin(M_PI / 6);
  const Tensor optimum = doubles({.299913974546, .874081089814, 1.071780584881, .13627979485, .055932366037,
                                  -.589282077974, -.86105648413, .435803269571},
                                 {4, 2});
  const Tensor rotation = doubles({c, -s, s, c}, {2, 2}), w = optimum.matmul(rotation);
  const Tensor precision =
      rotation.t().matmul((doubles({2.466492364482, 1.803051443040}, {2}) / sigma2).diag()).matmul(rotation);
  const Tensor covariance =
      rotation.t().matmul((sigma2 / doubles({2.466492364482, 1.803051443040}, {2})).diag()).matmul(rotation);
  const Tensor mean = doubles({1. / 6, 1. / 12, 1. / 4, 0}, {4}), v = covariance.matmul(w.t()) / sigma2;
  set_noise(m, sigma2, 4);
  set(m, "decoder.head.weight", w);
  set(m, "decoder.head.bias", mean);
  set(m, "encoder.head.mean.weight", v);
  set(m, "encoder.head.mean.bias", -v.matmul(mean));
  if (posterior == "full_normal") {  // the Cholesky factor of the covariance
    const double a = std::sqrt(item(covariance[0][0])), b = item(covariance[1][0]) / a,
                 d = std::sqrt(item(covariance[1][1]) - b * b);
    set(m, "encoder.head.log_scale", doubles({std::log(a), std::log(d)}, {2}));
    set(m, "encoder.head.below", doubles({b / d}, {1}));
  } else {  // the best diagonal distribution has the precision's diagonal
    set(m, "encoder.head.log_scale", -0.5 * precision.diagonal().log());
  }
  return m;
}

Tensor rotated_data() {
  return doubles({1, 2, .5, -1, 0, -1, 1.5, .5, 2, 1, -1, 0, -1.5, .5, 0, 1, .5, -2, -.5, 1.5, -1, 0, 1, -2}, {6, 4});
}

TEST(RotatedPpca, loses_exactly_its_gap_under_a_diagonal_posterior) {
  const Model m = rotated("diagonal_normal");
  Rng rng = testing::double_rng(5);
  Pass pass = forward(m, batch_of(rotated_data()), observation::Scoring::direct, 20000, rng);
  pass.sampled_kl = true;
  const Terms t = terms_of(pass);
  EXPECT_NEAR(item(t.elbo.mean()), diagonal_elbo, 0.002);
}

TEST(RotatedPpca, loses_nothing_under_a_full_normal_posterior) {
  const Model m = rotated("full_normal");
  Rng rng(6);
  const Pass pass = forward(m, batch_of(rotated_data()), observation::Scoring::direct, 50, rng);
  EXPECT_LT(item((pass.log_weight() - pass.log_weight().mean(0)).abs().max()), 1e-9);
  EXPECT_NEAR(item(pass.log_weight().mean()), log_px, 1e-9);
  // The KL is split by the chain rule; its sum is that of log q - log p.
  EXPECT_NEAR(item(pass.kl_per_dim->sum(1).mean()), 0.814974286453 + 0.658316001318, 1e-9);
}

}  // namespace
}  // namespace elbo::host
