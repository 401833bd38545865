// Each fused composition against its plain twin, in value and gradient, float32 and float64.
#include "sdk/src/fused/fused.hpp"
#include <elbo/distributions.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <tuple>

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/logspace.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <elbo/random.hpp>
#include "support/twins.hpp"

namespace elbo {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

using testing::both_ways, testing::expect_equal, testing::tolerance_of;

class Fused : public ::testing::TestWithParam<at::ScalarType> {};

TEST_P(Fused, LinearIsItsTwin) {
  for (const Activation activation :
       {Activation::identity, Activation::tanh, Activation::relu, Activation::leaky_relu}) {
    const auto [ours, plain] = both_ways([&] {
      Rng rng(1);
      std::vector<Tensor> leaves = {rng.normal({1, 70, 5}).squeeze(0), rng.normal({1, 19, 5}).squeeze(0),
                                    rng.normal({1, 19}).squeeze(0)};
      for (Tensor& t : leaves) t = t.to(GetParam()).set_requires_grad(true);
      const Tensor y = fused::linear(leaves[0], leaves[1], leaves[2], activation);
      (y.sin() + y).sum().backward();
      return std::vector<Tensor>{y.detach(), leaves[0].grad(), leaves[1].grad(), leaves[2].grad()};
    });
    expect_equal(ours, plain, tolerance_of(GetParam()));
  }
}

/// x [rows, in], of whose values `share` are not 0, and a weight [out, in] stored by columns; value and gradients.
std::vector<Tensor> pass_of_zeros(int64_t rows, int64_t in, int64_t out, double share, at::ScalarType dtype) {
  Rng rng(7);
  const Tensor x = rng.normal({1, rows, in}).squeeze(0) * (rng.uniform({1, rows, in}).squeeze(0) < share);
  const Tensor weight = rng.normal({1, in, out}).squeeze(0) / 8;
  std::vector<Tensor> leaves = {x, weight.t(), rng.normal({1, out}).squeeze(0)};
  for (Tensor& t : leaves) t = t.to(dtype).detach().set_requires_grad(true);
  const Tensor y = fused::linear(leaves[0], leaves[1], leaves[2], Activation::tanh);
  (y.sin() + y).sum().backward();
  EXPECT_EQ(leaves[1].grad().strides(), leaves[1].strides());
  return {y.detach(), leaves[0].grad(), leaves[1].grad(), leaves[2].grad()};
}

// Rows and columns around those of a block and a panel, shares around the one from which zeros are computed.
TEST_P(Fused, LinearOfZerosIsItsTwin) {
  for (const auto& [rows, in, out] : {std::tuple{48, 128, 64},
                                      {131, 300, 100},
                                      {260, 129, 65},
                                      {49, 64, 128},
                                      {50, 200, 300},
                                      {50, 7, 33},
                                      {20, 40, 64},
                                      {64, 40, 5}})
    for (const double share : {0., 0.02, 0.3, 0.34, 0.9}) {
      const auto [ours, plain] =
          both_ways([&, r = rows, i = in, o = out] { return pass_of_zeros(r, i, o, share, GetParam()); });
      expect_equal(ours, plain, tolerance_of(GetParam()));
    }
}

TEST(FusedLinear, AnyNumberOfThreadsSkipsZerosToTheSameBits) {
  const auto one = pass_of_zeros(150, 300, 700, 0.1, at::kFloat);
  at::set_num_threads(3);
  const auto three = pass_of_zeros(150, 300, 700, 0.1, at::kFloat);
  at::set_num_threads(1);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(three[i])) << i;
}

// Without this the other tests would pass if no zero were ever skipped.
TEST(FusedLinear, ZerosAreSkippedWhereTheyAreManyAndNanNever) {
  const auto first_unit = [](float first_input, double share) {
    Tensor x = (Rng(3).uniform({1, 64, 100}).squeeze(0) < share).to(at::kFloat);
    x.select(1, 0).fill_(first_input);
    const Tensor weight = at::ones({100, 64});
    weight.select(0, 0).fill_(infinity);
    return fused::linear(x, weight.t(), at::zeros({64})).select(1, 0);
  };
  EXPECT_TRUE(first_unit(0, 0.2).isfinite().all().item<bool>());
  EXPECT_TRUE(first_unit(0, 0.5).isnan().all().item<bool>()) << "0 times infinity";
  EXPECT_TRUE(first_unit(std::numeric_limits<float>::quiet_NaN(), 0.2).isnan().all().item<bool>());
  EXPECT_TRUE(first_unit(-1, 0.2).eq(-infinity).all().item<bool>());
}

// Of one feature, so that the matrix products have nothing to add up.
std::vector<Tensor> a_pass() {
  Rng rng(3);
  std::vector<Tensor> leaves = {rng.normal({1, 150, 1}).squeeze(0), rng.normal({1, 700, 1}).squeeze(0),
                                rng.normal({1, 700}).squeeze(0)};
  for (Tensor& t : leaves) t.set_requires_grad(true);
  const Tensor logit = fused::linear(leaves[0], leaves[1], leaves[2], Activation::tanh).reshape({3, 50, 700});
  const Tensor log_p = bernoulli_log_prob((rng.uniform({1, 50, 700}).squeeze(0) < 0.5).to(at::kFloat), logit);
  log_p.sin().sum().backward();
  return {logit.detach(), log_p.detach(), leaves[2].grad(), rng.normal({40, 30, 101}), rng.uniform({2, 300, 1000})};
}

TEST(FusedLinear, AnyNumberOfThreadsGivesTheSameBits) {
  const auto one = a_pass();
  at::set_num_threads(3);
  const auto three = a_pass();
  at::set_num_threads(1);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(three[i])) << i;
}

TEST(FusedLinear, TanhKeepsTheDigitsOfSmallValuesAndTheEnds) {
  const Tensor t = at::logspace(-12, 3, 4001), both = at::cat({t, -t, at::zeros({1})}).unsqueeze(1);
  const Tensor y = fused::linear(both, at::ones({1, 1}), at::zeros({1}), Activation::tanh),
               truth = both.to(at::kDouble).tanh();
  EXPECT_LT(((y - truth).abs() / truth.abs().clamp_min(1e-30)).max().item<double>(), 3e-7);
  EXPECT_TRUE(fused::linear(at::full({1, 1}, std::numeric_limits<float>::quiet_NaN()), at::ones({1, 1}), at::zeros({1}),
                            Activation::tanh)
                  .isnan()
                  .item<bool>());
}

TEST_P(Fused, NormalDrawAndKlAreTheirTwins) {
  for (const bool z_counts : {true, false}) {
    const auto [ours, plain] = both_ways([&] {
      Rng rng(4);
      std::vector<Tensor> leaves = {rng.normal({1, 6, 3}).squeeze(0), rng.normal({1, 6, 3}).squeeze(0)};
      for (Tensor& t : leaves) t = t.to(GetParam()).set_requires_grad(true);
      const auto [z, log_prob] = normal_draw(leaves[0], leaves[1], rng.normal({4, 6, 3}).to(GetParam()));
      const Tensor kl = normal_kl(leaves[0], leaves[1]);
      Tensor sum = (kl * kl).sum() + log_prob.sin().sum();
      if (z_counts) sum = sum + z.sin().sum();
      sum.backward();
      return std::vector<Tensor>{z.detach(), log_prob.detach(), kl.detach(), leaves[0].grad(), leaves[1].grad()};
    });
    expect_equal(ours, plain, tolerance_of(GetParam()));
  }
}

TEST_P(Fused, StandardNormalLogProbIsItsTwin) {
  const auto [ours, plain] = both_ways([&] {
    const Tensor z = (3 * Rng(5).normal({4, 6, 300})).to(GetParam()).set_requires_grad(true);
    const Tensor log_p = standard_normal_log_prob(z);
    log_p.mul(0.01).sin().sum().backward();
    return std::vector<Tensor>{log_p.detach(), z.grad()};
  });
  expect_equal(ours, plain, tolerance_of(GetParam()));
}

// KL = (sigma^2 - 1 - log sigma^2 + mean^2) / 2 of 1e-10, where 1 + 1e-5 has few digits left in float32.
TEST(FusedNormal, TheKlOfAPosteriorCloseToThePriorKeepsItsDigits) {
  const Tensor log_scale = at::logspace(-5, -3, 50).unsqueeze(0), v = 2 * log_scale.to(at::kDouble);
  const Tensor truth = 0.5 * (v.square() / 2 + v.pow(3) / 6 + v.pow(4) / 24);
  EXPECT_LT(((normal_kl(zeros({1, 50}), log_scale) - truth).abs() / truth).max().item<double>(), 1e-5);
}

TEST_P(Fused, ConvTransposeIsItsTwin) {
  const auto [ours, plain] = both_ways([&] {
    Rng rng(7);
    std::vector<Tensor> leaves = {rng.normal({3, 5, 4, 6}), rng.normal({5, 2, 4, 3}), rng.normal({1, 2}).squeeze(0)};
    for (Tensor& t : leaves) t = t.to(GetParam()).set_requires_grad(true);
    const Tensor y = fused::conv_transpose2d(leaves[0], leaves[1], leaves[2], 2, 1);
    y.sin().slice(2, 0, 7).sum().backward();
    return std::vector<Tensor>{y.detach(), leaves[0].grad(), leaves[1].grad(), leaves[2].grad()};
  });
  expect_equal(ours, plain, tolerance_of(GetParam()));
}

std::vector<Tensor> bernoulli(const Tensor& x, const Tensor& logit_in) {
  const Tensor logit = logit_in.detach().clone().set_requires_grad(true);
  const Tensor log_p = bernoulli_log_prob(x, logit);
  log_p.masked_fill(log_p == -infinity, 0).square().sum().backward();
  return {log_p.detach(), logit.grad(), bernoulli_log_prob(x, logit.detach())};
}

TEST_P(Fused, BernoulliIsItsTwin) {
  Rng rng(2);
  const Tensor x = (rng.uniform({1, 4, 3, 67}).squeeze(0) < 0.5).to(GetParam());
  const Tensor logit = rng.normal({5, 4, 3, 67}).to(GetParam()) * 3;
  const auto [ours, plain] = both_ways([&] { return bernoulli(x, logit); });
  expect_equal(ours, plain, tolerance_of(GetParam()));
}

TEST_P(Fused, BernoulliKeepsItsTails) {
  const Tensor x = tensor_of({0, 1, 0, 1, 0, 1, 0, 1, 1, 0.5}, {10, 1}).to(GetParam());
  const Tensor logit = tensor_of({20, 20, -30, -30, 80, -80, -1e4, 1e4, 0, 0}, {1, 10, 1}).to(GetParam());
  const auto [ours, plain] = both_ways([&] { return bernoulli(x, logit); });
  expect_equal(ours, plain, tolerance_of(GetParam()));
  EXPECT_EQ(ours[0][0][9].item<double>(), -infinity);                  // 0.5 is no binary value
  EXPECT_NEAR(ours[0][0][1].item<double>() / -2.0611536e-9, 1, 1e-5);  // log1p(e^-20): no digit is lost
}

TEST_P(Fused, BernoulliPassesNanOn) {
  const Tensor x = zeros({1, 40}).to(GetParam()),
               logit = full({1, 1, 40}, std::numeric_limits<double>::quiet_NaN()).to(GetParam());
  EXPECT_TRUE(bernoulli_log_prob(x, logit).isnan().all().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(dtypes, Fused, ::testing::Values(at::kFloat, at::kDouble),
                         [](const auto& info) { return info.param == at::kFloat ? "float32" : "float64"; });

TEST(Fused, BernoulliTakesViewsAndNoValuesAtAll) {
  const Tensor flat = Rng(3).normal({2, 3, 8}), logit = flat.narrow(2, 2, 4),
               x = (flat[0].narrow(1, 0, 4) > 0).to(at::kFloat);
  EXPECT_TRUE(bernoulli_log_prob(x, logit).allclose(bernoulli_log_prob(x.contiguous(), logit.contiguous())));
  EXPECT_EQ(bernoulli_log_prob(zeros({0, 4}), zeros({2, 0, 4})).sizes().vec(), (Shape{2, 0}));
}

}  // namespace
}  // namespace elbo
