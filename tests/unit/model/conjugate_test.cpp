// Conjugate models: the exact posterior is a beta or a gamma distribution, so log p(x), and every term of the ELBO of another distribution of that
// family, are closed forms. Values computed elsewhere.
#include <gtest/gtest.h>

#include <cmath>

#include "model/forward.hpp"
#include "support/known_model.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::doubles, testing::item, testing::KnownModel;

/// A distribution on the positive numbers or the unit interval by its log density and by draws made from uniforms [S, B, n].
struct Distribution {
  std::function<Tensor(const Tensor&)> log_density, from_uniforms;
  int64_t uniforms;
};

/// Beta(a, b) with whole a, b: the a-th smallest of a + b - 1 uniforms.
Distribution beta(int64_t a, int64_t b) {
  const double log_norm = std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b);
  return {[=](const Tensor& z) { return log_norm + (double(a) - 1) * z.log() + (double(b) - 1) * (-z).log1p(); },
          [=](const Tensor& u) { return std::get<0>(u.sort(-1)).narrow(-1, a - 1, 1); }, a + b - 1};
}

/// Gamma(shape, rate) with a whole shape: a sum of exponential draws.
Distribution gamma(int64_t shape, double rate) {
  return {[=](const Tensor& z) {
            return double(shape) * std::log(rate) - std::lgamma(shape) + (double(shape) - 1) * z.log() - rate * z;
          },
          [=](const Tensor& u) { return -u.log().sum(-1, true) / rate; }, shape};
}

class DistributionPosterior : public Posterior {
 public:
  DistributionPosterior(Distribution distribution, Tensor like)
      : distribution_(std::move(distribution)), like_(std::move(like)) {}
  Sample draw(int64_t samples, Rng& rng) const override {
    const Tensor z =
        distribution_.from_uniforms(rng.like(like_).uniform({samples, like_.size(0), distribution_.uniforms}));
    return {z, distribution_.log_density(z).sum(2)};
  }
  Tensor mean() const override { return elbo::full({like_.size(0), 1}, 0.5, like_); }

 private:
  Distribution distribution_;
  Tensor like_;
};

class DistributionEncoder : public Encoder {
 public:
  explicit DistributionEncoder(Distribution distribution) : distribution_(std::move(distribution)) {}

 private:
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override {
    return std::make_unique<DistributionPosterior>(distribution_, x);
  }
  Distribution distribution_;
};

class DistributionPrior : public Prior {
 public:
  explicit DistributionPrior(Distribution distribution) : distribution_(std::move(distribution)) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override { return distribution_.log_density(z).sum(2); }
  Tensor do_sample(int64_t n, Rng& rng) const override {
    return distribution_.from_uniforms(rng.uniform({1, n, distribution_.uniforms})).squeeze(0);
  }
  Distribution distribution_;
};

KnownModel with_distributions(KnownModel known, const Distribution& prior, const Distribution& q) {
  const Context context = known.model.decoder->context();
  known.model.prior = std::make_shared<DistributionPrior>(prior);
  known.model.encoder = std::make_shared<DistributionEncoder>(q);
  known.model.prior->attach("prior:distribution", context);
  known.model.encoder->attach("encoder:distribution", context);
  return known;
}

KnownModel coins(const Distribution& q) {
  return with_distributions({choice("likelihood", "bernoulli"),
                             Support::binary,
                             {1, 0, 1, 1, 0},
                             [](const Tensor& z) { return z.logit().expand({z.size(0), 5}).contiguous(); },
                             {0},
                             {1}},
                            beta(2, 3), q);
}

KnownModel events(const Distribution& q) {
  return with_distributions({choice("likelihood", "poisson"),
                             Support::counts,
                             {3, 1, 4},
                             [](const Tensor& z) { return z.log().expand({z.size(0), 3}).contiguous(); },
                             {0},
                             {1}},
                            gamma(2, 1), q);
}

Pass pass_of(const KnownModel& k, int64_t samples) {
  Rng rng(6);
  return forward(k.model, k.batch, observation::Scoring::direct, samples, rng);
}

TEST(Conjugate, TheExactPosteriorGivesTheEvidenceWithEveryDraw) {
  EXPECT_LT(item((pass_of(coins(beta(5, 5)), 1000).log_weight() + 3.96081316959758).abs().max()), 1e-9);
  EXPECT_LT(item((pass_of(events(gamma(10, 4)), 1000).log_weight() + 6.03092943069344).abs().max()), 1e-9);
}

void expect_terms(const KnownModel& k, double reconstruction, double kl) {
  constexpr int64_t samples = 200000;
  Pass pass = pass_of(k, samples);
  pass.sampled_kl = true;
  const Terms t = terms_of(pass);
  const auto error = [](const Tensor& each) { return 4.5 * item(each.std()) / std::sqrt(double(samples)) + 1e-9; };
  EXPECT_NEAR(item(t.reconstruction), reconstruction, error(pass.log_lik));
  EXPECT_NEAR(item(t.kl), kl, error(pass.log_q - pass.log_prior));
  EXPECT_NEAR(item(t.elbo), reconstruction - kl, error(pass.log_weight()));
}

TEST(Conjugate, TermsOfOtherLawsAreTheClosedForms) {
  expect_terms(coins(beta(5, 5)), -3.7281746031746, .232638566422975);
  expect_terms(coins(beta(2, 3)), -4.41666666666667, 0);
  expect_terms(events(gamma(10, 4)), -5.54614747600136, .48478195469208);
  expect_terms(events(gamma(2, 1)), -7.58753861878826, 0);
  expect_terms(events(gamma(8, 3)), -5.633579785276, .432578750671132);
}

// log p(x) = ELBO + KL(q || p(z|x)).
TEST(Conjugate, TheGapIsTheDivergenceFromThePosterior) {
  const auto gap = [](const KnownModel& k, double log_px) {
    return log_px - item(pass_of(k, 200000).log_weight().mean());
  };
  EXPECT_NEAR(gap(coins(beta(4, 4)), -3.96081316959758), .014970222271345, 0.002);
  EXPECT_NEAR(gap(coins(beta(1, 1)), -3.96081316959758), 1.55428018061442, 0.05);
  EXPECT_NEAR(gap(coins(beta(2, 3)), -3.96081316959758), .455853497069089, 0.01);
  EXPECT_NEAR(gap(events(gamma(8, 3)), -6.03092943069344), .0352291052536927, 0.003);
}

}  // namespace
}  // namespace elbo::host
