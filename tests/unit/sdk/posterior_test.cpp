// Posterior families and their divergences against values computed with 40 digits elsewhere, and their draws against
// exact gradients.
#include <elbo/posterior.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include <elbo/model.hpp>
#include <elbo/tensor.hpp>
#include "support/tensors.hpp"

namespace elbo {
namespace {

using testing::doubles, testing::item;

Tensor one(double value) { return doubles({value}, {1, 1}); }

struct Pair {
  double a, b, kl;
};

TEST(Kl, of_a_normal_to_the_standard_normal_is_the_reference) {
  for (const auto& [m, s, kl] : {Pair{0, 1, 0},
                                 {1, .5, 0.81814718055995},
                                 {-2, 1.5, 2.2195348918918},
                                 {0.001, 1.001, 1.4996669164668e-6},
                                 {0, 1e-4, 8.7103403769762},
                                 {10, 10, 97.197414907006},
                                 {3, 1e-10, 27.02585092994}})
    EXPECT_NEAR(item(*kl_to_standard_normal(*posteriors::diagonal_normal(one(m), one(std::log(s))))), kl,
                1e-12 * std::max(1., kl))
        << m << ", " << s;
}

TEST(Kl, between_normals_is_the_reference) {
  const std::array<double, 5> cases[] = {
      {1, .5, -1, 2, 1.4175443611199}, {0, 1, 0, .1, 47.197414907006}, {.5, .2, 1.5, .7, 1.8139874582913}};
  for (const auto& [m, s, mean, scale, kl] : cases) {
    const Tensor to = doubles({mean}, {1}), width = doubles({std::log(scale)}, {1});
    EXPECT_NEAR(item(*kl_to_normal(*posteriors::diagonal_normal(one(m), one(std::log(s))), to, width)), kl, 1e-12 * kl);
    EXPECT_NEAR(
        item(*kl_to_normal(*posteriors::full_normal(one(m), one(std::log(s)), zeros({1, 1, 1}, to)), to, width)), kl,
        1e-12 * kl);
  }
}

TEST(Kl, of_and_to_Laplace_laws_is_the_reference) {
  const std::array<double, 4> between[] = {
      {1, .5, 1, 0.76081482217825}, {0, 2, 1, 0.30685281944005}, {1.3, .7, .4, 1.9635907913675}};
  for (const auto& [m, b, scale, kl] : between)
    EXPECT_NEAR(item(*kl_to_laplace(*posteriors::laplace(one(m), one(std::log(b))), scale)), kl, 1e-12);
  for (const auto& [m, b, kl] : {Pair{1, .5, 0.66893853320467}, {0, 1, 0.22579135264473}, {-2, .1, 3.5383764456388}})
    EXPECT_NEAR(item(*kl_to_standard_normal(*posteriors::laplace(one(m), one(std::log(b))))), kl, 1e-12);
  for (const auto& [m, s, kl] :
       {Pair{1, .5, 0.97584653053205}, {0, 1, 0.072093208158138}, {-2, .1, 3.5767937403493}, {.3, 2, 0.19474940584903}})
    EXPECT_NEAR(item(*kl_to_laplace(*posteriors::diagonal_normal(one(m), one(std::log(s))), 1)), kl, 1e-12);
}

// S = [[.8, 0, 0], [.3, .5, 0], [-.2, .1, 1.1]]
std::unique_ptr<Posterior> three_dimensional() {
  return posteriors::full_normal(doubles({1, -.5, .2}, {1, 3}), doubles({.8, .5, 1.1}, {1, 3}).log(),
                                 doubles({0, 0, 0, .3 / .5, 0, 0, -.2 / 1.1, .1 / 1.1, 0}, {1, 3, 3}));
}

TEST(FullNormal, is_the_reference) {
  const auto q = three_dimensional();
  EXPECT_NEAR(item(q->log_prob(doubles({.7, 0, .5}, {1, 1, 3}))->sum()), -2.760801473164, 1e-11);
  const Tensor kl = *kl_to_standard_normal(*q);
  EXPECT_NEAR(item(kl.sum()), 1.0859805520698, 1e-12);
  EXPECT_GT(item(kl.min()), 0);
  Rng rng = testing::double_rng(1);
  EXPECT_NEAR(-item(q->draw(200000, rng).log_prob.mean()), 3.4358350475442, 4.5 * std::sqrt(1.5 / 200000));
}

TEST(Uniform, is_the_box_that_its_three_shares_leave) {
  const auto box = *posteriors::uniform(one(0.4), one(-1))->uniform();
  const double total = std::exp(0.4) + std::exp(-1) + std::exp(-0.4);
  EXPECT_NEAR(item(box.low), -1 + 2 * std::exp(0.4) / total, 1e-14);
  EXPECT_NEAR(item(box.high), 1 - 2 * std::exp(-0.4) / total, 1e-14);
  EXPECT_NEAR(item(box.log_width), std::log(2 * std::exp(-1) / total), 1e-14);
}

// However narrow or far out the box, in float32: log p(z) of the prior must stay finite.
TEST(Uniform, draws_stay_within_the_unit_box) {
  for (const double centre : {-40., -8., -1., 0., 8., 40.})
    for (const double width : {-7., 0., 3.}) {
      const auto q = posteriors::uniform(full({1, 1}, centre), full({1, 1}, width));
      Rng rng(3);
      const Sample draw = q->draw(20000, rng);
      EXPECT_LE(item(draw.z.abs().max().to(at::kDouble)), 1) << centre << ", " << width;
      EXPECT_TRUE(q->log_prob(draw.z)->equal(draw.log_prob));
    }
}

/// The gradient of E[f(z)] by reparameterised draws against the central difference of its exact value.
struct Moment {
  const char* name;
  std::unique_ptr<Posterior> (*make)(const Tensor& a, const Tensor& b);
  double (*square)(double a, double b);  // E[z^2]
};

double uniform_square(double a, double b) {
  const double total = std::exp(a) + std::exp(b) + std::exp(-a), low = -1 + 2 * std::exp(a) / total,
               high = 1 - 2 * std::exp(-a) / total;
  return (low * low + low * high + high * high) / 3;
}

TEST(Draws, have_the_gradient_of_the_exact_second_moment) {
  const Moment moments[] = {
      {"normal", [](const Tensor& a, const Tensor& b) { return posteriors::diagonal_normal(a, b); },
       [](double a, double b) { return a * a + std::exp(2 * b); }},
      {"full",
       [](const Tensor& a, const Tensor& b) { return posteriors::full_normal(a, b, zeros({1, 1, 1}, a.detach())); },
       [](double a, double b) { return a * a + std::exp(2 * b); }},
      {"laplace", [](const Tensor& a, const Tensor& b) { return posteriors::laplace(a, b); },
       [](double a, double b) { return a * a + 2 * std::exp(2 * b); }},
      {"uniform", [](const Tensor& a, const Tensor& b) { return posteriors::uniform(a, b); }, uniform_square}};
  constexpr double a = 0.4, b = -0.3, h = 1e-5;
  constexpr int64_t groups = 100, each = 2000;
  for (const Moment& m : moments) {
    std::vector<double> by_a, by_b;
    for (int64_t i = 0; i < groups; ++i) {
      const Tensor at_a = one(a).requires_grad_(), at_b = one(b).requires_grad_();
      Rng rng = Rng(7).fork("group", static_cast<uint64_t>(i)).like(one(0));
      m.make(at_a, at_b)->draw(each, rng).z.square().mean().backward();
      by_a.push_back(item(at_a.grad()));
      by_b.push_back(item(at_b.grad()));
    }
    const auto expect = [&](const std::vector<double>& values, double exact, const char* which) {
      const Tensor t = doubles(values, {groups});
      EXPECT_LT(std::abs(item(t.mean()) - exact), 4.5 * item(t.std()) / std::sqrt(groups) + 1e-9)
          << m.name << " by " << which;
    };
    expect(by_a, (m.square(a + h, b) - m.square(a - h, b)) / (2 * h), "the first");
    expect(by_b, (m.square(a, b + h) - m.square(a, b - h)) / (2 * h), "the second");
  }
}

// An exponential posterior, which elbo does not know, and a prior that does: KL(Exp(a) || Exp(b)) = log(a / b) + b / a - 1.
struct Exponential : Posterior {
  explicit Exponential(Tensor rates) : rate(std::move(rates)) {}
  Sample draw(int64_t samples, Rng& rng) const override {
    const Tensor z = -rng.like(rate).uniform({samples, rate.size(0), rate.size(1)}).log() / rate;
    return {z, (rate.log() - rate * z).sum(2)};
  }
  Tensor mean() const override { return 1 / rate; }
  std::optional<NamedDistribution> named() const override { return {{"exponential", {{"rate", rate}}}}; }
  Tensor rate;
};

struct ExponentialPrior : Prior {
  Tensor do_log_prob(const Tensor& z) const override { return (-z).sum(2); }
  Tensor do_sample(int64_t n, Rng& rng) const override { return -rng.uniform({1, n, 1})[0].log(); }
  std::optional<Tensor> do_kl(const Posterior& q) const override {
    const auto known = q.named();
    if (!known || known->family != "exponential") return {};
    const Tensor& rate = (*known)["rate"];
    return rate.log() + 1 / rate - 1;
  }
};

TEST(Named, lets_a_prior_offer_the_kl_of_a_family_that_elbo_does_not_know) {
  ExponentialPrior prior;
  prior.attach("prior:exponential", {.latent_dim = 1});
  EXPECT_NEAR(item(*prior.kl(Exponential(one(2)))), std::log(2.) - 0.5, 1e-15);
  EXPECT_FALSE(prior.kl(*posteriors::diagonal_normal(one(0), one(0))));
  EXPECT_THROW((*Exponential(one(2)).named())["shape"], Error);
}

}  // namespace
}  // namespace elbo
