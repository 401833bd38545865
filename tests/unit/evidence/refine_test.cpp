// The fit of a normal distribution to a posterior, from encoders that are far off.
#include "evidence/refine.hpp"

#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_inv.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/evidence_models.hpp"
#include "support/ppca.hpp"

namespace elbo::host {
namespace {

using testing::doubles, testing::double_rng, testing::item, testing::noise_of, testing::Posed, testing::RowModel;

std::vector<int64_t> all_of(const LatentDensity& f) {
  std::vector<int64_t> all;
  for (int64_t b = 0; b < f.data(); ++b) all.push_back(b);
  return all;
}

std::vector<Fit> refined(const Posed& p, const RefineSettings& s = {}, uint64_t seed = 1) {
  return refine(p.density, all_of(p.density), p.density.encoder_locations(Rng(seed)), s, Rng(seed).fork("refine"));
}

RowModel three_bits() {
  return {testing::choice("likelihood", "bernoulli"),
          Support::binary,
          doubles({1, 0, 1}, {1, 3}),
          [](const Tensor& z) {
            const Tensor h = (1.5 * z.select(1, 0) + 0.3).tanh();
            return elbo::stack({2 * h - 0.5, -1.5 * h + 0.2, 0.7 * h + 1}, 1);
          },
          doubles({0.2}, {1, 1}),
          doubles({0.3}, {1, 1})};
}

// The best normal distribution by the ELBO, computed elsewhere: mean .76977855, standard deviation .66225982, ELBO -1.4024851109.
TEST(Refine, FindsTheNormalDistributionOfTheBestElbo) {
  const RowModel m = three_bits();
  const Posed p(m);
  const auto fit = refined(p, {.most_iterations = 40, .small_step = 0.003, .pairs = 200000}).front();
  EXPECT_TRUE(fit.converged);
  EXPECT_NEAR(item(fit.at.mean), 0.76977855, 0.003);
  EXPECT_NEAR(item(fit.at.root), 0.66225982, 0.003);
}

// From N(.2, .3^2) the exact iteration comes to these; each is one step from the one before.
TEST(Refine, StepsAsTheFixedPointIterationDoes) {
  const RowModel m = three_bits();
  const Posed p(m);
  const double expected[][2] = {
      {.2, .3}, {.54805086, .484706597}, {.692085316, .590081805}, {.743297477, .636724687}, {.761030944, .653588686}};
  for (size_t t = 0; t + 1 < std::size(expected); ++t) {
    const std::vector<Location> start = {{doubles({expected[t][0]}, {1}), doubles({expected[t][1]}, {1, 1})}};
    const Fit fit = refine(p.density, {0}, start, {.most_iterations = 1, .pairs = 400000}, Rng(3)).front();
    EXPECT_NEAR(item(fit.at.mean), expected[t + 1][0], 2e-3) << t;
    EXPECT_NEAR(item(fit.at.root), expected[t + 1][1], 2e-3) << t;
  }
}

// Three Laplace pixels: the second derivative of log p(x|z) is 0 almost everywhere, so curvature at a point says nothing.
TEST(Refine, AveragesTheKinksOfALaplaceLikelihood) {
  const RowModel m(
      noise_of("laplace", 0.25), Support::real, doubles({1, .2, -.9}, {1, 3}),
      [](const Tensor& z) { return z * doubles({1, .7, -.5}, {1, 3}); }, doubles({0}, {1, 1}), doubles({1}, {1, 1}));
  const Posed p(m);
  const auto fit = refined(p, {.most_iterations = 40, .small_step = 0.003, .pairs = 100000}).front();
  EXPECT_NEAR(item(fit.at.mean), 0.856065, 0.003);
  EXPECT_NEAR(item(fit.at.root), 0.290282, 0.003);
}

/// Probabilistic PCA in L latents and D values from a seed, with its exact answers, for an encoder that is wrong.
struct Linear {
  Tensor w, mean, covariance, x;  // [D, L], posterior [B, L], [L, L], data [B, D]
  std::vector<double> log_px;

  Linear(int64_t latents, int64_t values, double sigma, int64_t data) {
    Rng rng = double_rng(11);
    w = rng.normal({values, latents});
    const Tensor z = rng.normal({data, latents});
    x = z.matmul(w.t()) + sigma * rng.normal({data, values});
    const Tensor eye_l = elbo::full({latents}, 1, w).diag_embed(), eye_d = elbo::full({values}, 1, w).diag_embed();
    covariance = at::linalg_inv(eye_l + w.t().matmul(w) / (sigma * sigma));
    mean = x.matmul(w).matmul(covariance) / (sigma * sigma);
    const Tensor marginal = w.matmul(w.t()) + sigma * sigma * eye_d, root = at::linalg_cholesky(marginal);
    const Tensor squares = (x.matmul(at::linalg_inv(marginal)) * x).sum(1);
    for (int64_t b = 0; b < data; ++b)
      log_px.push_back(-0.5 * item(squares[b]) - item(root.diagonal().log().sum()) -
                       0.5 * static_cast<double>(values) * std::log(2 * M_PI));
  }

  /// An encoder that is `off` marginal standard deviations away and has `scale` times their scales.
  RowModel model(double sigma, double off, double scale) const {
    const Tensor sd = covariance.diagonal().sqrt();
    Rng rng = double_rng(12);
    const Tensor sign = 1 - 2 * (rng.uniform(mean.sizes().vec()) < 0.5).to(at::kDouble);
    return {noise_of("gaussian", sigma),
            Support::real,
            x,
            [w = w](const Tensor& z) { return z.matmul(w.t()); },
            mean + off * sd * sign,
            (scale * sd).expand_as(mean).contiguous()};
  }
};

// A quadratic log p(x, z) is known after one step, whatever the noise: the normal distribution's weights are then all p(x).
TEST(Refine, RepairsEncodersOfTheLinearModelThatAreTwentyStandardDeviationsOff) {
  struct Case {
    int64_t latents, values;
    double sigma, off, scale;
  };
  for (const Case& c :
       {Case{2, 4, 0.5, 5, 0.3}, Case{20, 100, 0.1, 6, 0.3}, Case{20, 100, 0.1, 20, 0.1}, Case{50, 200, 0.1, 6, 3}}) {
    const Linear exact(c.latents, c.values, c.sigma, 3);
    const RowModel m = exact.model(c.sigma, c.off, c.scale);
    const Posed p(m);
    const auto fits = refined(p);
    for (size_t b = 0; b < fits.size(); ++b) {
      EXPECT_TRUE(fits[b].converged);
      EXPECT_LT(fits[b].spread, 1e-6);
      EXPECT_NEAR(fits[b].weights.log_mean, exact.log_px[b], 1e-7) << c.latents << " latents, " << c.off << " off";
      EXPECT_LT(item((fits[b].at.mean - exact.mean[static_cast<int64_t>(b)]).abs().max()), 1e-7);
      EXPECT_LE(fits[b].iterations, 4);
    }
  }
}

TEST(Refine, FindsTheEvidenceOfPublishedProbabilisticPcaFromFarAway) {
  const Model optimum = testing::ppca::optimum();
  Batch batch = testing::ppca::batch();
  Model m = optimum;
  m.encoder = std::make_shared<testing::FixedEncoder>(std::vector<double>{5, -5}, std::vector<double>{0.01, 0.01});
  m.encoder->attach("encoder:fixed", m.decoder->context());
  const Posed p(m, batch);
  const auto fits = refined(p);
  for (size_t b = 0; b < fits.size(); ++b) {
    EXPECT_NEAR(fits[b].weights.log_mean, testing::ppca::log_px[b], 1e-9);
    EXPECT_EQ(fits[b].iterations, 3);
    EXPECT_LT(fits[b].spread, 1e-7);
    const Tensor covariance = fits[b].at.root.matmul(fits[b].at.root.t());
    EXPECT_NEAR(item(covariance[0][0]), 0.195939650475, 1e-9);
    EXPECT_NEAR(item(covariance[1][1]), 0.268036529773, 1e-9);
  }
  EXPECT_NEAR(item(fits[0].at.mean[0]), 1.288961626058, 1e-9);
  EXPECT_NEAR(item(fits[0].at.mean[1]), 0.225440078714, 1e-9);
}

int64_t converged(const std::vector<Fit>& fits) {
  return std::count_if(fits.begin(), fits.end(), [](const Fit& fit) { return fit.converged; });
}

// Without the choice among lengths of a long step, an encoder that is far off and too narrow is not repaired.
TEST(Refine, NeedsTheLineSearchFarAway) {
  const Linear exact(20, 100, 0.1, 3);
  const RowModel m = exact.model(0.1, 100, 0.1);
  const Posed p(m);
  EXPECT_EQ(converged(refined(p)), 3);
  EXPECT_EQ(converged(refined(p, {.line_search = false})), 0);
}

// A ridge with a bend, z2 + |z1| = 2: which way it leads depends on where it is looked at, so steps swing.
TEST(Refine, NeedsTheDampingOnABend) {
  const int64_t tries = 20;
  const Tensor one = elbo::full({tries, 1}, 1, doubles({0}, {1}));
  const RowModel m(
      noise_of("gaussian", 0.1), Support::real, 2 * one,
      [](const Tensor& z) { return z.narrow(1, 1, 1) + z.narrow(1, 0, 1).abs(); }, elbo::cat({0.3 * one, 2 * one}, 1),
      elbo::cat({0.3 * one, 0.3 * one}, 1));
  const Posed p(m);
  EXPECT_EQ(converged(refined(p, {.pairs = 400})), tries);
  EXPECT_LT(converged(refined(p, {.pairs = 400, .damping = false})), tries - 4);
}

TEST(Refine, ADataPointIsFittedTheSameWhateverStandsBesideIt) {
  const Linear exact(3, 6, 0.5, 4);
  const RowModel m = exact.model(0.5, 3, 0.5);
  const Posed p(m);
  const auto starts = p.density.encoder_locations(Rng(1));
  const auto all = refine(p.density, {0, 1, 2, 3}, starts, {}, Rng(2));
  const auto one = refine(p.density, {2}, {starts[2]}, {}, Rng(2));
  EXPECT_LT(item((all[2].at.mean - one[0].at.mean).abs().max()), 1e-12);
  EXPECT_LT(item((all[2].at.root - one[0].at.root).abs().max()), 1e-12);
}

}  // namespace
}  // namespace elbo::host
