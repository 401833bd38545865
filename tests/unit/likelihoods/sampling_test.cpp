// Samples of elbo/random.hpp: moments with a fixed seed, and that a draw depends on its own data point only.
#include <gtest/gtest.h>
#include <elbo/random.hpp>

#include <cmath>
#include <functional>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

constexpr int64_t many = 60000;

Tensor row(double value) { return at::full({1, many}, value, at::kDouble); }
Rng generator(uint64_t seed) { return Rng(seed).like(at::empty({}, at::kDouble)); }

void expect_moments(const Tensor& x, double mean, double variance) {
  const double z = (x.mean().item<double>() - mean) / std::sqrt(variance / many);
  EXPECT_LT(std::abs(z), 4.5) << "mean " << x.mean().item<double>() << ", expected " << mean;
  const Tensor square = (x - mean).square();
  const double spread = square.std().item<double>() / std::sqrt(many);
  EXPECT_LT(std::abs(square.mean().item<double>() - variance), 4.5 * spread) << "variance of mean " << mean;
}

TEST(Sampling, gamma_has_its_moments) {
  for (const double shape : {0.05, 0.5, 1., 3., 40., 1e4}) {
    Rng rng = generator(1);
    expect_moments(gamma_draw(row(shape), rng), shape, shape);
  }
}

TEST(Sampling, a_small_gamma_keeps_its_log) {
  Rng rng = generator(2);
  const Tensor log_g = log_gamma_draw(row(1e-3), rng);
  EXPECT_TRUE(log_g.isfinite().all().item<bool>());
  expect_moments(log_g, -1000.5755719318103, 1000001.6425331958);  // digamma and trigamma of 0.001
}

TEST(Sampling, poisson_has_its_moments) {
  for (const double rate : {1e-3, 0.7, 9.9, 10.1, 60., 1e5}) {
    Rng rng = generator(3);
    const Tensor x = poisson_draw(row(rate), rng);
    EXPECT_TRUE(x.equal(x.floor()) && (x >= 0).all().item<bool>());
    expect_moments(x, rate, rate);
  }
}

TEST(Sampling, binomial_has_its_moments) {
  for (const double logit : {-6., -0.3, 2., 5.}) {
    Rng rng = generator(4);
    const double p = 1 / (1 + std::exp(-logit));
    expect_moments(binomial_draw(255, row(logit), rng), 255 * p, 255 * p * (1 - p));
  }
}

TEST(Sampling, categorical_draws_in_proportion) {
  const Tensor weights = doubles({1, 0, 2, 5}).view({1, 1, 4, 1}).expand({1, many, 4, 1});
  Rng rng = generator(5);
  const Tensor k = categorical_draw(weights, rng);
  for (const auto& [level, p] : {std::pair{0, 1. / 8}, {2, 2. / 8}, {3, 5. / 8}})
    expect_moments((k == level).to(at::kDouble), p, p * (1 - p));
  EXPECT_FALSE((k == 1).any().item<bool>());
}

TEST(Sampling, multinomial_keeps_its_total) {
  const Tensor weights = doubles({1, 0, 3}).view({1, 1, 3}).expand({1, many, 3});
  Rng rng = generator(6);
  const Tensor counts = multinomial_draw(20, weights, rng);
  EXPECT_TRUE((counts.sum(2) == 20).all().item<bool>());
  EXPECT_TRUE((counts.select(2, 1) == 0).all().item<bool>());
  expect_moments(counts.select(2, 2), 15, 20 * 0.75 * 0.25);
}

// Rejection takes more rounds for some values than for others; neither the values of other data nor what is drawn
// afterwards may show that.
TEST(Sampling, a_draw_depends_on_its_own_datum_only) {
  const Tensor shapes = doubles({0.2, 1.5, 30, 0.9}).view({1, 4, 1}).expand({3, 4, 5});
  const auto both = [](const Tensor& values, const Tensor& ids) {
    Rng rng = generator(7).for_data(ids);
    const Tensor gamma = log_gamma_draw(values, rng), poisson = poisson_draw(values * 3, rng);
    return at::stack({gamma, poisson, rng.uniform(values.sizes().vec())});
  };
  const Tensor together = both(shapes, at::arange(4));
  for (int64_t b = 0; b < 4; ++b) {
    const Tensor alone = both(shapes.slice(1, b, b + 1), at::arange(b, b + 1));
    EXPECT_TRUE(alone.equal(together.slice(2, b, b + 1))) << "data point " << b;
  }
}

// max_log_mean bounds the mean: with 3 under it, at a dispersion of 1, one rate in three is beyond e^3.
TEST(Sampling, of_counts_is_not_cut_where_their_mean_is_bounded) {
  for (const char* plugin : {"negative_binomial", "zero_inflated_negative_binomial"}) {
    const auto likelihood =
        make_likelihood(plugin, {.shape = {1}}, {{"dispersion", "per_pixel"}, {"max_log_mean", 3.}});
    std::vector<double> raw = {10, 0};
    if (numel(likelihood->params()) == 3) raw.push_back(-1000);  // without extra zeros
    Rng rng = generator(13);
    const Tensor x =
        likelihood->sample(theta_of(*likelihood, doubles(raw).expand({1, many, numel(likelihood->params())})), rng);
    const double mean = std::exp(3 - std::log1p(std::exp(-7.)));
    expect_moments(x, mean, mean + mean * mean);
  }
}

TEST(Sampling, of_beta_reaches_what_float64_holds) {
  const auto likelihood = make_likelihood("beta", {.shape = {many}}, {{"min_log_concentration", -40.}});
  const Tensor raw = at::full({1, 1, 2 * many}, -5., at::kDouble);
  Rng rng = generator(11);
  const Tensor x = likelihood->sample(theta_of(*likelihood, raw), rng);
  EXPECT_TRUE(((x > 0).logical_and(x < 1)).all().item<bool>());
  // Beta(4.5e-5, 0.0067): near 0 the log of x is exponential with this rate, so that float64 holds e^-708 < x in 3 % of the draws alone;
  // between 2^-1022 and 2^-126 lies 2.7 % of them.
  EXPECT_GT(((x > 0x1p-1022).logical_and(x < 0x1p-126)).to(at::kDouble).mean().item<double>(), 0.01);
  EXPECT_EQ((x == 0x1p-126).sum().item<int64_t>(), 0);
}

// 60,000 draws each: 4.5 standard errors fail in one of 150,000 tests.
TEST(Sampling, of_a_truncated_normal_has_its_moments_wherever_the_location_lies) {
  for (const double loc : {-1e6, -1e4, -30., -1., 0.3, 0.5, 1.2, 40., 1e6})
    for (const double log_scale : {-12., -5.5, -2., 0., 4., 20.}) {
      const auto likelihood =
          make_likelihood("truncated_normal", {.shape = {1}}, {{"scale", "per_pixel"}, {"min_log_scale", -20.}});
      const Theta theta = theta_of(*likelihood, doubles({loc, log_scale}).expand({1, many, 2}));
      Rng rng = generator(12);
      const Tensor x = likelihood->sample(theta, rng).flatten();
      EXPECT_TRUE(((x >= 0).logical_and(x <= 1)).all().item<bool>()) << loc << " " << log_scale;
      const double mean = likelihood->mean(theta).flatten()[0].item<double>(),
                   variance = likelihood->variance(theta)->flatten()[0].item<double>();
      const double edge = loc > 0.5 ? 1 : 0;  // from the near end, where the draws of a far location crowd
      const double z = ((x - edge).mean().item<double>() - (mean - edge)) / std::sqrt(variance / many);
      if (edge == 0 || variance > 1e-24) {
        EXPECT_LT(std::abs(z), 4.5) << loc << " " << log_scale;
      }
    }
}

}  // namespace
}  // namespace elbo::host::testing
