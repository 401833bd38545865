// Flows against values computed with 40 digits elsewhere, their own inverses and the determinants of their Jacobians.
#include <elbo/flows.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_slogdet.h>
#include <gtest/gtest.h>

#include <cmath>

#include <elbo/coders.hpp>
#include <elbo/tensor.hpp>
#include "support/tensors.hpp"

namespace elbo {
namespace {

using testing::double_rng, testing::doubles, testing::item;

void expect_mapped(const Mapped& found, const std::vector<double>& z, double log_det) {
  for (size_t i = 0; i < z.size(); ++i) EXPECT_NEAR(item(found.z.flatten()[static_cast<int64_t>(i)]), z[i], 1e-12);
  EXPECT_NEAR(item(found.log_det.sum()), log_det, 1e-12);
}

TEST(Planar, is_the_reference) {
  const Tensor z = doubles({.5, -1}, {1, 1, 2}), w = doubles({1.2, .5}, {1, 2}), b = doubles({.3}, {1});
  expect_mapped(planar(z, doubles({.7, -.4}, {1, 2}), w, b), {.61043156161833, -1.2167848815522}, .052905567058031);
  expect_mapped(planar(z, doubles({-2, -1}, {1, 2}), w, b), {.26714644201579, -1.1603471428693}, -1.6597232794717);
}

TEST(Householder, is_the_reference) {
  expect_mapped(householder(doubles({.5, -1, 2}, {1, 1, 3}), doubles({1, 2, -1}, {1, 3})),
                {1.6666666666667, 1.3333333333333, .83333333333333}, 0);
}

TEST(Gated, is_the_reference) {
  expect_mapped(
      gated(doubles({.5, -1}, {1, 1, 2}), doubles({.1, .3 * .5}, {1, 1, 2}), doubles({1.5, 2 + .5 * .5}, {1, 1, 2})),
      {.42702979047746, -.89034811536602}, -.3016198368995);
}

/// u1 = z1, u2 = (z2 - z1^2) exp(-tanh z1)
class ReferenceCoupling final : public Flow {
 public:
  Mapped forward(const Tensor& z, const Tensor&) const override {
    const Tensor a = z.select(2, 0), b = z.select(2, 1);
    return {stack({a, (b - a.square()) * (-a.tanh()).exp()}, 2), -a.tanh()};
  }
  Mapped inverse(const Tensor& u, const Tensor&) const override {
    const Tensor a = u.select(2, 0), b = u.select(2, 1);
    return {stack({a, b * a.tanh().exp() + a.square()}, 2), a.tanh()};
  }
};

TEST(FlowPrior, of_one_coupling_is_the_reference) {
  FlowPrior prior(2, {std::make_shared<ReferenceCoupling>()});
  Context context;
  context.latent_dim = 2;
  prior.attach("prior:reference", context);
  const Tensor log_p = prior.log_prob(doubles({.5, -1, 2, 3, -1.5, 0}, {3, 1, 2})).flatten();
  const double expected[] = {-2.7350216874918, -4.8746200280684, -17.529385654596};
  for (int64_t i = 0; i < 3; ++i) EXPECT_NEAR(item(log_p[i]), expected[i], 1e-12);
}

struct Made {
  std::string name;
  std::shared_ptr<Flow> flow;
};

constexpr int64_t context_size = 3;

std::vector<Made> flows(int64_t latents, int64_t context) {
  std::vector<Made> all;
  for (const bool other_way : {false, true}) {
    const Rng rng = Rng(4).fork("flow", other_way);
    all.push_back({"coupling", coupling_flow(latents, context, {5, 4}, other_way, rng)});
    all.push_back({"autoregressive", autoregressive_flow(latents, context, {7, 6}, other_way, rng)});
    all.push_back({"inverse autoregressive", inverse_autoregressive_flow(latents, context, {7}, other_way, rng)});
  }
  if (context > 0) {
    all.push_back({"planar", planar_flow(latents, context, Rng(5))});
    all.push_back({"householder", householder_flow(latents, context, Rng(6))});
  }
  for (const Made& made : all) made.flow->to_like(zeros({}).to(at::kDouble));
  return all;
}

void move(const Module& module) {
  Rng rng = double_rng(8);
  for (const auto& [name, t] : module.named_parameters())
    t.detach().add_(rng.normal({1, 1, t.numel()}).view_as(t) * 0.5);
}

/// Row j is the gradient of the j-th value.
Tensor jacobian(const Flow& flow, const Tensor& at, const Tensor& context) {
  std::vector<Tensor> rows;
  for (int64_t j = 0; j < at.size(2); ++j) {
    const Tensor z = at.detach().clone().requires_grad_();
    flow.forward(z, context).z.select(2, j).sum().backward();
    rows.push_back(z.grad().flatten());
  }
  return stack(rows, 0);
}

TEST(Flows, invert_and_know_the_determinants_of_their_jacobians) {
  for (const int64_t latents : {1, 2, 3, 4})
    for (const int64_t context : {int64_t{0}, context_size})
      for (const Made& made : flows(latents, context)) {
        move(*made.flow);
        Rng rng = double_rng(9);
        const Tensor z = rng.normal({3, 2, latents}) * 2, c = context ? rng.normal({1, 2, context})[0] : Tensor();
        const Mapped there = made.flow->forward(z, c), back = made.flow->inverse(there.z, c);
        EXPECT_LT(item((back.z - z).abs().max()), 1e-8) << made.name << ", L = " << latents;
        EXPECT_LT(item((back.log_det + there.log_det).abs().max()), 1e-8) << made.name << ", L = " << latents;
        for (int64_t s = 0; s < 3; ++s)
          for (int64_t b = 0; b < 2; ++b) {
            const Tensor one = z.slice(0, s, s + 1).slice(1, b, b + 1), its = context ? c.slice(0, b, b + 1) : c;
            const double log_det = item(std::get<1>(at::linalg_slogdet(jacobian(*made.flow, one, its))));
            EXPECT_NEAR(item(there.log_det[s][b]), log_det, 1e-8) << made.name << ", L = " << latents;
          }
      }
}

TEST(Flows, of_couplings_free_autoregressive_and_planar_steps_begin_as_the_identity) {
  for (const Made& made : flows(3, context_size)) {
    if (made.name != "coupling" && made.name != "autoregressive" && made.name != "planar") continue;
    for (const auto& [name, t] : made.flow->named_parameters())
      if (name == "network.context.bias") t.detach().fill_(0.3);
    Rng rng = double_rng(10);
    const Tensor z = rng.normal({2, 2, 3});
    const Mapped there = made.flow->forward(z, rng.normal({1, 2, context_size})[0]);
    EXPECT_LT(item((there.z - z).abs().max()), 1e-15) << made.name;
    EXPECT_LT(item(there.log_det.abs().max()), 1e-15) << made.name;
  }
}

// Bisection has no gradient; the last step gives it.
TEST(Planar, has_an_inverse_with_the_exact_gradient) {
  const Tensor z = doubles({.4, -.7}, {1, 1, 2}), w = doubles({1.2, .5}, {1, 2}), b = doubles({.3}, {1});
  for (const auto& values : {std::vector<double>{.7, -.4}, {-2, -1}, {3, 2}}) {
    const auto value = [&](const Tensor& at, const Tensor& u) {
      const Mapped m = planar_inverse(at, u, w, b);
      return (m.z * doubles({1, 2}, {2})).sum() + m.log_det.sum();
    };
    const Tensor at = z.clone().requires_grad_(), u = doubles(values, {1, 2}).requires_grad_();
    value(at, u).backward();
    for (int64_t j = 0; j < 2; ++j) {
      const Tensor step = zeros({2}, z.detach());
      step[j] = 1e-6;
      EXPECT_NEAR(item(at.grad().flatten()[j]), item(value(z + step, u) - value(z - step, u)) / 2e-6, 1e-6);
      EXPECT_NEAR(item(u.grad().flatten()[j]), item(value(z, u + step) - value(z, u - step)) / 2e-6, 1e-6);
    }
  }
}

// What sticking the landing rests on: encoded without gradients, log q(z|x) depends on z alone.
TEST(PosteriorHead, gives_log_prob_of_z_alone_where_it_was_made_without_gradients) {
  for (const std::string flow : {"none", "planar", "householder", "iaf", "realnvp"}) {
    PosteriorHead head({.flow = flow, .flow_hidden = {5}}, 3, 2, Rng(1));
    const Tensor features = Rng(2).normal({1, 4, 3})[0], z = Rng(3).normal({2, 4, 2});
    std::unique_ptr<Posterior> fixed;
    {
      const at::NoGradGuard no_gradients;
      fixed = head.posterior(features);
    }
    EXPECT_FALSE(fixed->log_prob(z)->requires_grad()) << flow;
    const Tensor moving = z.clone().requires_grad_();
    EXPECT_TRUE(fixed->log_prob(moving)->requires_grad()) << flow;
    EXPECT_TRUE(head.posterior(features)->log_prob(z)->requires_grad()) << flow;
    for (const auto& [name, t] : head.named_parameters()) EXPECT_TRUE(t.requires_grad()) << flow << " " << name;
  }
}

TEST(PosteriorHead, refuses_a_flow_out_of_the_box) {
  EXPECT_THROW(PosteriorHead({.posterior = "uniform", .flow = "iaf"}, 3, 2, Rng(1)), UserError);
  EXPECT_THROW(PosteriorHead({.posterior = "von_mises_fisher", .flow = "iaf"}, 3, 2, Rng(1)), UserError);
}

}  // namespace
}  // namespace elbo
