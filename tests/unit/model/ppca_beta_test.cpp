// Probabilistic PCA with a fixed noise and a weight beta on the KL (Lucas et al. 2019): with t = beta sigma^2 a dimension is
// active if its eigenvalue is above t, its KL is log(lambda / t) / 2, and what is not active has collapsed. Values computed elsewhere.
#include <ATen/ops/diag.h>
#include <ATen/ops/linalg_eigh.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/forward.hpp"
#include "support/ppca.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::doubles, testing::item, testing::set;

struct Row {
  double sigma2, beta;
  std::vector<double> kl;
  double distortion, reconstruction, objective, elbo;
};

const std::vector<Row> table = {
    {1, 1, {.451398522999, .294740237864, 0}, 2.966567303589, -5.159037784613, -5.905176545476, -5.905176545476},
    {.5,
     1,
     {.797972113279, .641313828144, .158636182537},
     1.779879013187,
     -4.069338784886,
     -5.667260908846,
     -5.667260908846},
    {.5, 2, {.451398522999, .294740237864, 0}, 2.966567303589, -5.256027075288, -6.748304597013, -6.002165836151},
    {.5, 4, {.104824932719, 0, 0}, 4.769618746629, -7.059078518328, -7.478378249203, -7.163903451047},
    {.5,
     .1,
     {1.949264659776, 1.792606374641, 1.309928729034},
     .429879013187,
     -2.719338784886,
     -3.224518761231,
     -7.771138548337},
    {4, 1, {0, 0, 0}, 5.236111111111, -7.102856743947, -7.102856743947, -7.102856743947},
};

/// The optimum for this noise and beta with three latent dimensions, from the eigenvectors of the data's covariance.
Model optimum_of(const Row& row) {
  const Model m = testing::make_model(
      choice("encoder", "linear"), choice("decoder", "linear"),
      choice("likelihood", "gaussian", {{"scale", std::string("fixed")}, {"fixed_scale", std::sqrt(row.sigma2)}}),
      {{4}, Support::real, 0}, 3);
  const Tensor x = testing::ppca::rows(), mean = x.mean(0), centred = x - mean;
  const auto [values, vectors] = at::linalg_eigh(centred.t().matmul(centred) / 6);  // ascending
  const Tensor lambda = values.flip(0).narrow(0, 0, 3), u = vectors.flip(1).narrow(1, 0, 3);
  const double t = row.beta * row.sigma2;
  const Tensor w = u * (lambda - t).clamp_min(0).sqrt();
  const Tensor posterior = w.square().sum(0) + t;  // W^T W + t I is diagonal
  set(m, "decoder.head.weight", w);
  set(m, "decoder.head.bias", mean);
  set(m, "encoder.head.mean.weight", w.t() / posterior.unsqueeze(1));
  set(m, "encoder.head.mean.bias", -(w.t() / posterior.unsqueeze(1)).matmul(mean));
  set(m, "encoder.head.log_scale", 0.5 * (t / posterior).log());
  return m;
}

class PpcaBeta : public ::testing::TestWithParam<size_t> {};

// 40,000 samples of 6 data; the deviation of a data point's reconstruction is a few nats, so 0.03 is more than 4.5 standard errors.
TEST_P(PpcaBeta, TermsAreTheClosedForm) {
  const Row& row = table[GetParam()];
  const Model m = optimum_of(row);
  Rng rng(3);
  const Pass pass = forward(m, testing::ppca::batch(), observation::Scoring::direct, 40000, rng);
  const Terms terms = terms_of(pass);
  const Tensor kl = terms.kl_per_dim.mean(0);
  for (int64_t j = 0; j < 3; ++j) EXPECT_NEAR(item(kl.select(0, j)), row.kl[static_cast<size_t>(j)], 1e-10) << j;
  const Tensor residual = m.likelihood->mean(decode(m, pass.z)) - testing::ppca::rows();
  EXPECT_NEAR(item(residual.square().sum(2).mean()), row.distortion, 0.02);
  EXPECT_NEAR(item(terms.reconstruction.mean()), row.reconstruction, 0.03);
  EXPECT_NEAR(item(terms.elbo.mean()), row.elbo, 0.03);
  EXPECT_NEAR(item(terms.reconstruction.mean()) - row.beta * item(kl.sum()), row.objective, 0.03);
}

INSTANTIATE_TEST_SUITE_P(rows, PpcaBeta, ::testing::Range(size_t{0}, table.size()));

// W turned by 30 degrees: the posterior is no longer diagonal, and the best diagonal q has the variances 1 / (M_ii / sigma^2).
TEST(Ppca, ATurnedDecoderLosesExactlyTheDiagonalApproximation) {
  const Model m = testing::ppca::optimum();
  const double c = std::cos(M_PI / 6), s = std::sin(M_PI / 6);
  const Tensor w = testing::ppca::weights().matmul(doubles({c, -s, s, c}, {2, 2})),
               mean = testing::ppca::rows().mean(0);
  const Tensor precision = w.t().matmul(w) + testing::ppca::sigma2 * at::diag(doubles({1, 1}, {2}));
  const Tensor v = precision.inverse().matmul(w.t());
  set(m, "decoder.head.weight", w);
  set(m, "encoder.head.mean.weight", v);
  set(m, "encoder.head.mean.bias", -v.matmul(mean));
  set(m, "encoder.head.log_scale", 0.5 * (testing::ppca::sigma2 / precision.diagonal()).log());
  Rng rng(3);
  const Tensor log_w = forward(m, testing::ppca::batch(), observation::Scoring::direct, 40000, rng).log_weight();
  const double gap = testing::ppca::mean_log_px - item(log_w.mean());
  EXPECT_NEAR(gap, 0.009193672207, 4.5 * item(log_w.std(0).mean()) / std::sqrt(240000.0));
  EXPECT_NEAR(0.5 * item(precision.diagonal().log().sum() - precision.logdet()), 0.009193672207, 1e-9);
}

}  // namespace
}  // namespace elbo::host
