// The formulas that pass over blocks, each against its composition of tensor operations: values and gradients.
#include <gtest/gtest.h>

#include <ATen/ops/tensor.h>

#include <limits>

#include <elbo/distributions.hpp>
#include <elbo/random.hpp>
#include <elbo/tensor.hpp>
#include "sdk/src/fused/fused.hpp"

namespace elbo {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

class Blocks : public ::testing::TestWithParam<at::ScalarType> {
 protected:
  void TearDown() override { use_fused_kernels(true); }

  /// Values between these ends, evenly over a scale that is finer towards 0. [1, 5, 217]: some blocks and a rest.
  Tensor spread(double low, double high, uint64_t seed) const {
    Rng rng(seed);
    const Tensor u = rng.normal({1, 5, 217}).to(at::kDouble);
    return (low + (high - low) * u.div(1.5).sigmoid()).to(GetParam());
  }

  Tensor counts(double most, uint64_t seed) const { return spread(-1, most, seed).clamp_min(0).round()[0]; }

  static double mean_size(const Tensor& t) { return t.masked_fill(t.isinf(), 0).abs().mean().item<double>(); }

  /// f(leaves) and the gradients of its sum by each of them, to a few digits less than the type has.
  template <class F>
  void expect_twins(const std::vector<Tensor>& leaves, const F& f) const {
    const auto results = [&](bool fused) {
      use_fused_kernels(fused);
      std::vector<Tensor> own;
      for (const Tensor& t : leaves) own.push_back(t.detach().clone().set_requires_grad(true));
      const Tensor y = f(own);
      if (y.requires_grad()) y.masked_fill(y.detach().isinf(), 0).sum().backward();
      std::vector<Tensor> all = {y.detach(), f(leaves)};
      for (const Tensor& t : own) all.push_back(t.grad());
      return all;
    };
    const auto plain = results(false), fused = results(true);
    const double digits = GetParam() == at::kFloat ? 3e-6 : 2e-12;
    for (size_t i = 0; i < plain.size(); ++i) {
      ASSERT_EQ(fused[i].sizes(), plain[i].sizes());
      ASSERT_EQ(fused[i].scalar_type(), plain[i].scalar_type());
      EXPECT_TRUE(fused[i].allclose(plain[i], digits, digits * mean_size(plain[i]) + 1e-15, true))
          << "result " << i << " differs by " << (fused[i] - plain[i]).abs().max();
    }
  }
};
INSTANTIATE_TEST_SUITE_P(dtypes, Blocks, ::testing::Values(at::kFloat, at::kDouble),
                         [](const auto& info) { return std::string(at::toString(info.param)); });

TEST_P(Blocks, Bounds) {
  for (const double scale : {1., 30., 800.}) {
    expect_twins({spread(-scale, scale, 1)}, [](const auto& t) { return soft_lower_bound(t[0], -7); });
    expect_twins({spread(-scale, scale, 2)}, [](const auto& t) { return soft_bound(t[0], -7, 15); });
  }
}

TEST_P(Blocks, EdgesInScales) {
  const Tensor edge = spread(-3, 3, 1)[0];
  edge[0][3].fill_(inf), edge[1][5].fill_(-inf);
  expect_twins({spread(-2, 2, 2), spread(-6, 3, 3)}, [&](const auto& t) { return standardized(edge, t[0], t[1]); });
  expect_twins({spread(-2, 2, 2), at::tensor({0.3}, GetParam())},
               [&](const auto& t) { return standardized(edge, t[0], t[1]); });
}

TEST_P(Blocks, MassesOfTheNormalLaw) {
  const Tensor a = spread(-40, 40, 1);
  for (const double width : {1e-3, 0.3, 3., 60.})
    expect_twins({a, a + width * spread(0.5, 1, 2)}, [](const auto& t) { return log_ndtr_difference(t[0], t[1]); });
  const Tensor half_lines = a.clone();
  half_lines[0][0].fill_(-inf);
  expect_twins({half_lines, a.abs() + inf}, [](const auto& t) { return log_ndtr_difference(t[0], t[1]); });
  EXPECT_EQ(log_ndtr_difference(a, a).max().template item<double>(), -inf) << "an empty interval";
}

// Narrow in stretches of 32 values, in some of them, and nowhere.
TEST_P(Blocks, MassesOfIntervals) {
  const Tensor low = spread(-1, 1, 1)[0];
  for (const double width : {1. / 256, 0.1, 3.})
    for (const double least : {-6., -2.}) {
      const Tensor high = low + width, log_scale = spread(least, 1, 3);
      expect_twins({spread(-2, 2, 2), log_scale},
                   [&](const auto& t) { return log_normal_mass(low, high, t[0], t[1]); });
      expect_twins({spread(-2, 2, 2), log_scale},
                   [&](const auto& t) { return log_laplace_mass(low, high, t[0], t[1]); });
    }
}

TEST_P(Blocks, TiltedUniformLaw) {
  const Tensor x = spread(0, 0.99, 1)[0], width = spread(1e-3, 0.01, 2)[0];
  for (const double steepest : {0.1, 3., 60.}) {
    expect_twins({spread(-steepest, steepest, 3)}, [&](const auto& t) { return log_tilted_density(x, t[0]); });
    expect_twins({spread(-steepest, steepest, 3)}, [&](const auto& t) { return log_tilted_mass(x, x + width, t[0]); });
  }
}

TEST_P(Blocks, Poisson) {
  for (const double most : {3., 300., 5000.})
    expect_twins({spread(-5, 9, 1)}, [x = counts(most, 2)](const auto& t) { return log_poisson(x, t[0]); });
}

TEST_P(Blocks, NegativeBinomial) {
  for (const double most : {3., 300., 5000., 1e9}) {
    const Tensor x = counts(most, 1);
    expect_twins({spread(-5, 9, 2), spread(-8, 15, 3)},
                 [&](const auto& t) { return log_negative_binomial(x, t[0], t[1]); });
    expect_twins({spread(-5, 9, 2), spread(-3, 5, 3)[0][0]},
                 [&](const auto& t) { return log_negative_binomial(x, t[0], t[1]); });
  }
}

TEST_P(Blocks, RisingFactorials) {
  const Tensor half = at::tensor(0.5, GetParam());
  for (const double top : {2., 20., 1e5}) {
    expect_twins({spread(1e-3, top, 1)}, [x = counts(255, 2)](const auto& t) { return log_rising_excess(t[0], x); });
    expect_twins({spread(1e-3, top, 1)}, [&](const auto& t) { return log_rising_excess(t[0], half); });
  }
}

TEST_P(Blocks, Factorials) {
  const Tensor k = cat({counts(300, 1), counts(1e5, 2)}, 0);
  expect_twins({}, [&](const auto&) { return log_factorial(k); });
  expect_twins({}, [x = counts(255, 3)](const auto&) { return log_choose(255, x); });
}

TEST_P(Blocks, BetaDensity) {
  const Tensor x = spread(1e-3, 0.999, 1)[0];
  for (const double top : {3., 1e3, 1e6})
    expect_twins({spread(1e-2, top, 2), spread(1e-2, top, 3)},
                 [&](const auto& t) { return log_beta_density(x, t[0], t[1]); });
}

// A NaN from the decoder must end the run with its name, not become a number.
TEST_P(Blocks, NotANumberStaysOne) {
  const Tensor nan = at::tensor(std::numeric_limits<double>::quiet_NaN(), GetParam()).reshape({1, 1});
  const Tensor two = at::tensor(2., GetParam()).reshape({1, 1});
  for (const Tensor& t :
       {soft_lower_bound(nan, -7), soft_bound(nan, -7, 15), standardized(two, nan, two), standardized(two, two, nan),
        log_tilted_density(two / 4, nan), log_tilted_mass(two / 4, two / 2, nan), log_ndtr_difference(nan, two),
        log_ndtr_difference(two, nan), log_poisson(two, nan), log_negative_binomial(two, nan, two),
        log_negative_binomial(two, two, nan), log_rising_excess(nan, two), log_beta_density(two / 4, nan, two),
        log_beta_density(two / 4, two, nan)})
    EXPECT_TRUE(t.isnan().all().item<bool>());
}

}  // namespace
}  // namespace elbo
