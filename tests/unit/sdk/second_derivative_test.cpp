// A gradient penalty through every function whose backward pass is written by hand: right, or an error.
#include "support/second_derivative.hpp"

#include <ATen/ops/cat.h>

#include <elbo/distributions.hpp>
#include <elbo/flows.hpp>
#include <elbo/networks.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

using testing::expect_no_silent_second_derivative, testing::Leaves, testing::penalty_gradient;

Tensor some(const Shape& shape, uint64_t seed) { return Rng(seed).normal(Shape{1} + shape).squeeze(0) * 0.5; }

TEST(SecondDerivative, of_fused_layers_is_right_or_refused) {
  for (const Activation a : {Activation::identity, Activation::tanh, Activation::relu, Activation::leaky_relu})
    expect_no_silent_second_derivative("linear", [a](const Leaves& t) { return fused::linear(t[0], t[1], t[2], a); },
                                       {some({6, 4}, 1), some({5, 4}, 2), some({5}, 3)});
  expect_no_silent_second_derivative("conv_transpose2d",
                                     [](const Leaves& t) { return fused::conv_transpose2d(t[0], t[1], t[2], 2, 1); },
                                     {some({2, 3, 4, 4}, 1), some({3, 2, 4, 4}, 2), some({2}, 3)});
}

TEST(SecondDerivative, of_fused_densities_is_right_or_refused) {
  const auto draw = [](const Leaves& t) {
    const auto [z, log_q] = normal_draw(t[0], t[1], some({3, 4, 2}, 9));
    return z.sum(2) + log_q;
  };
  expect_no_silent_second_derivative("normal_draw", draw, {some({4, 2}, 1), some({4, 2}, 2)});
  expect_no_silent_second_derivative(
      "standard_normal_log_prob", [](const Leaves& t) { return standard_normal_log_prob(t[0]); }, {some({3, 4, 2}, 1)});
  expect_no_silent_second_derivative("normal_kl", [](const Leaves& t) { return normal_kl(t[0], t[1]); },
                                     {some({4, 2}, 1), some({4, 2}, 2)});
  expect_no_silent_second_derivative(
      "bernoulli_log_prob",
      [](const Leaves& t) { return bernoulli_log_prob((some({4, 7}, 3) > 0).to(at::kFloat), t[0]); },
      {some({3, 4, 7}, 1)});
}

// None of these has a plain twin that is differentiable twice.
TEST(SecondDerivative, of_functions_with_given_derivatives_is_refused) {
  const Tensor five = full({4}, 5);
  const std::vector<std::pair<const char*, std::function<Tensor(const Tensor&)>>> functions = {
      {"soft_bound", [](const Tensor& t) { return soft_bound(t, -2, 2); }},
      {"soft_lower_bound", [](const Tensor& t) { return soft_lower_bound(t, -2); }},
      {"log1mexp", log1mexp},
      {"log1mexpc", log1mexpc},
      {"log_sinhc", log_sinhc},
      {"log_ndtr", log_ndtr},
      {"log_ndtr_difference", [](const Tensor& t) { return log_ndtr_difference(t, t + 1); }},
      {"log_logistic_level", [&](const Tensor& t) { return log_logistic_level(five, t, t, 9); }},
      {"stirling_remainder", stirling_remainder},
      {"log_poisson", [&](const Tensor& t) { return log_poisson(five, t); }},
      {"log_negative_binomial", [&](const Tensor& t) { return log_negative_binomial(five, t, t); }},
      {"log_beta_mass", [](const Tensor& t) { return log_beta_mass(-t, t, t, t); }}};
  for (const auto& [name, f] : functions)
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const Tensor t = full({4}, 0.7).to(type);
      try {
        penalty_gradient([&g = f](const Leaves& leaves) { return g(leaves[0]); }, {t}, {0});
        ADD_FAILURE() << name << ": gave a second derivative";
      } catch (const std::exception& e) {
        EXPECT_NE(std::string(e.what()).find("second derivative"), std::string::npos) << name << ": " << e.what();
      }
    }
}

TEST(SecondDerivative, through_layers_is_refused_towards_their_weights_too) {
  const nn::Mlp mlp(4, {5, 3}, "tanh", Rng(1));
  const Tensor x = some({6, 4}, 2).requires_grad_();
  const auto first = torch::autograd::grad({mlp.forward(x).square().sum()}, {x}, {}, {}, /*create_graph=*/true);
  for (const auto& [name, weight] : mlp.named_parameters())
    EXPECT_THROW(torch::autograd::grad({first[0].square().sum()}, {weight}, {}, true, false, true), std::exception)
        << name;
  // A graph that nobody differentiates costs no error.
  EXPECT_TRUE(first[0].isfinite().all().item<bool>());
}

TEST(SecondDerivative, of_the_inverse_planar_flow_is_that_of_differences) {
  const auto doubled = [](const Shape& shape, uint64_t seed) { return some(shape, seed).to(at::kDouble); };
  const Leaves leaves = {doubled({2, 3, 2}, 1), doubled({3, 2}, 2), doubled({3, 2}, 3), doubled({3}, 4)};
  const auto f = [](const Leaves& t) {
    const Mapped m = planar_inverse(t[0], t[1], t[2], t[3]);
    return m.z.sum(2) + m.log_det;
  };
  const auto penalty = [&](Leaves t) {
    for (Tensor& leaf : t) leaf = leaf.detach().clone().requires_grad_();
    double sum = 0;
    for (const Tensor& g : torch::autograd::grad({f(t).sin().sum()}, t)) sum += g.square().sum().item<double>();
    return sum;
  };
  const Leaves second = penalty_gradient(f, leaves, {0, 1, 2, 3});
  for (size_t i = 0; i < leaves.size(); ++i)
    for (int64_t j = 0; j < leaves[i].numel(); ++j) {
      Leaves low = leaves, high = leaves;
      for (Leaves* moved : {&low, &high}) {
        (*moved)[i] = leaves[i].clone();
        (*moved)[i].view({-1})[j] += moved == &low ? -1e-5 : 1e-5;
      }
      EXPECT_NEAR(second[i].flatten()[j].item<double>(), (penalty(high) - penalty(low)) / 2e-5, 1e-6) << "leaf " << i;
    }
}

}  // namespace
}  // namespace elbo
