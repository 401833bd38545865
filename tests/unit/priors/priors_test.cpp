// Priors against values computed with 40 digits elsewhere, and what they promise of their beginning.
#include <gtest/gtest.h>

#include <cmath>

#include <elbo/posterior.hpp>
#include <elbo/tensor.hpp>

#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::doubles, testing::item;

std::shared_ptr<Prior> made(const PluginChoice& prior, int64_t latent_dim, const Context& with = {}) {
  Context context = with;
  context.latent_dim = latent_dim;
  auto p = plugins::make_plugin<Prior>(prior, context);
  p->to_like(zeros({}).to(at::kDouble));
  return p;
}

void set(const Prior& prior, const std::string& name, const Tensor& value) {
  for (const auto& [known, t] : prior.named_parameters())
    if (known == name) t.detach().copy_(value);
}

double log_prob(const Prior& prior, double z) { return item(prior.log_prob(doubles({z}, {1, 1, 1}))); }

/// E_q[log q - log p], q = N(m, s^2), by the trapezoidal rule, which is exact for smooth integrands.
double kl_from_normal(const Prior& prior, double m, double s) {
  const Tensor z = arange(48001, doubles({0}, {1})) * 5e-4 - 12;
  const Tensor log_q = -0.5 * z.square() - half_log_2pi - std::log(s);
  const Tensor log_p = prior.log_prob((m + s * z).view({1, -1, 1}))[0];
  return item((log_q.exp() * s * (log_q - log_p)).sum()) * 5e-4;
}

/// .3 N(-2, .5) + .5 N(0, 1) + .2 N(3, .7)
std::shared_ptr<Prior> mixture() {
  const auto prior = made(choice("prior", "gaussian_mixture",
                                 {{"components", int64_t{3}}, {"min_log_scale", -30.}, {"max_log_scale", 10.}}),
                          1);
  const Tensor scale = doubles({.5, 1, .7}, {3, 1});
  set(*prior, "logits", doubles({.3, .5, .2}, {3}).log());
  set(*prior, "mean", doubles({-2, 0, 3}, {3, 1}));
  set(*prior, "log_scale", scale.log());
  const Tensor off = soft_bound(scale.log(), -30, 10) - scale.log();  // some 1e-5: log(1 + e^-10)
  set(*prior, "log_scale", scale.log() - off);
  return prior;
}

TEST(GaussianMixture, is_the_reference) {
  const auto prior = mixture();
  const std::pair<double, double> values[] = {{-2, -1.3229033049495}, {0, -1.6116245777709},  {1.5, -2.5739556937738},
                                              {3, -2.1524473150229},  {10, -51.160100590022}, {-40, -801.61208571376}};
  for (const auto& [z, log_p] : values) EXPECT_NEAR(log_prob(*prior, z), log_p, 1e-8 * std::abs(log_p)) << z;
  EXPECT_NEAR(kl_from_normal(*prior, 0, 1), 0.4212965797857, 1e-8);
  EXPECT_NEAR(kl_from_normal(*prior, -2, .5), 0.94995202922894, 1e-8);
  EXPECT_NEAR(kl_from_normal(*prior, 2.5, .3), 2.1489638878651, 1e-8);
}

TEST(StudentT, is_the_reference) {
  const auto at = [](double dof) { return made(choice("prior", "student_t", {{"dof", dof}}), 1); };
  EXPECT_NEAR(log_prob(*at(1), 0), -1.1447298858494002, 1e-12);
  EXPECT_NEAR(log_prob(*at(3), 1), -1.5762529945270716, 1e-12);
  EXPECT_NEAR(kl_from_normal(*at(3), 0, 1), 0.069151598485176, 1e-10);
  EXPECT_NEAR(kl_from_normal(*at(3), 1, .5), 0.91682938769678, 1e-10);
  EXPECT_NEAR(kl_from_normal(*at(5), 2, .2), 2.9240466796615, 1e-10);
}

TEST(Laplace, agrees_with_its_closed_form) {
  const auto prior = made(choice("prior", "laplace"), 1);
  EXPECT_NEAR(log_prob(*prior, 2.5), -log_2 - 2.5, 1e-14);
  EXPECT_NEAR(item(*prior->kl(*posteriors::diagonal_normal(doubles({.3}, {1, 1}), doubles({log_2}, {1, 1})))),
              0.19474940584903, 1e-12);
}

TEST(FlowPriors, begin_as_the_standard_normal_law) {
  const Tensor z = Rng(1).normal({3, 4, 3}).to(at::kDouble) * 3;
  const Tensor expected = made(choice("prior", "standard_normal"), 3)->log_prob(z);
  for (const std::string name : {"realnvp", "maf"}) {
    const auto prior = made(choice("prior", name), 3);
    EXPECT_LT(item((prior->log_prob(z) - expected).abs().max()), 1e-12) << name;
  }
  EXPECT_LT(item((made(choice("prior", "diagonal_normal"), 3)->log_prob(z) - expected).abs().max()), 1e-12);
}

TEST(Uniform, refuses_a_posterior_beyond_its_box_in_words) {
  const auto prior = made(choice("prior", "uniform"), 1);
  const Tensor zero = doubles({0}, {1, 1});
  EXPECT_NEAR(item(*prior->kl(*posteriors::uniform(zero, zero))), std::log(3.0), 1e-14);  // a third of the box
  try {
    prior->kl(*posteriors::diagonal_normal(zero, zero));
    FAIL() << "expected a refusal";
  } catch (const UserError& refusal) {
    EXPECT_NE(std::string(refusal.what()).find("posterior = \"uniform\""), std::string::npos) << refusal.what();
  }
}

TEST(HypersphericalUniform, goes_with_posteriors_on_the_sphere_and_with_no_others) {
  const auto on_sphere = made(choice("prior", "hyperspherical_uniform"), 3);
  const Tensor zero = doubles({0, 0, 0}, {1, 3});
  const auto q = posteriors::von_mises_fisher(zero, doubles({std::log(10)}, {1}));
  EXPECT_NEAR(item(on_sphere->kl(*q)->sum()), 1.9957323168382, 1e-11);
  const auto refusal = [](const Prior& prior, const Posterior& posterior) -> std::string {
    try {
      prior.kl(posterior);
      return "";
    } catch (const UserError& error) {
      return error.what();
    }
  };
  EXPECT_NE(refusal(*on_sphere, *posteriors::diagonal_normal(zero, zero)).find("posterior = \"von_mises_fisher\""),
            std::string::npos);
  for (const std::string name : {"standard_normal", "gaussian_mixture", "realnvp", "uniform"})
    EXPECT_NE(refusal(*made(choice("prior", name), 3), *q).find("\"hyperspherical_uniform\""), std::string::npos)
        << name;
}

/// An encoder whose posteriors are known: of the family of `like`, moved to the sums of x.
using Encode = std::function<std::unique_ptr<Posterior>(const Tensor&)>;

Context with(const Encode& encode) {
  Context context;
  context.observation = {{3}, Support::real, 0};
  context.encode = encode;
  return context;
}

Tensor centres(const Tensor& x) { return x.sum(1, true) * doubles({1, -.5}, {1, 2}); }

TEST(Vamp, is_the_mixture_of_the_posteriors_of_its_pseudo_inputs) {
  const Encode families[] = {[](const Tensor& x) { return posteriors::diagonal_normal(centres(x), centres(x).tanh()); },
                             [](const Tensor& x) { return posteriors::laplace(centres(x), centres(x).tanh()); },
                             [](const Tensor& x) {
                               return posteriors::full_normal(centres(x), centres(x).tanh(),
                                                              zeros({x.size(0), 2, 2}, x.detach()) + 0.4);
                             }};
  for (const Encode& encode : families) {
    const auto prior = made(choice("prior", "vamp", {{"pseudo_inputs", int64_t{4}}, {"noise", 0.7}}), 2, with(encode));
    const Tensor u = prior->named_parameters().front().second, z = Rng(2).normal({3, 5, 2}).to(at::kDouble);
    Tensor mass = zeros({3, 5}, z);
    for (int64_t k = 0; k < 4; ++k)
      mass = mass + encode(u.slice(0, k, k + 1))->log_prob(z.reshape({15, 1, 2}))->reshape({3, 5}).exp() / 4;
    EXPECT_LT(item((prior->log_prob(z) - mass.log()).abs().max()), 1e-12);
    prior->log_prob(z).sum().backward();
    EXPECT_GT(item(u.grad().abs().min()), 0);
  }
}

TEST(Vamp, begins_at_the_data_it_is_shown) {
  const auto prior = made(choice("prior", "vamp", {{"pseudo_inputs", int64_t{5}}, {"noise", 0.}}), 2,
                          with([](const Tensor& x) { return posteriors::diagonal_normal(centres(x), centres(x)); }));
  const Tensor x = Rng(3).normal({1, 2, 3})[0].to(at::kDouble);
  prior->init_from(x);
  const Tensor u = prior->named_parameters().front().second;
  for (int64_t k = 0; k < 5; ++k) EXPECT_LT(item((u[k] - x[k % 2]).abs().max()), 1e-7);
}

TEST(Vamp, without_an_encoder_says_so) { EXPECT_THROW(made(choice("prior", "vamp"), 2), UserError); }

}  // namespace
}  // namespace elbo::host
