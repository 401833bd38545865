// Gradient estimators against exact gradients: p(z) = N(0, 1), x|z ~ N(z, 1), x = 1, q(z|x) = N(0.2, 0.9^2).
// d/dm and d/dlog s of E[L_K] were computed by quadrature to six digits.
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <cmath>

#include <elbo/objective_parts.hpp>

#include "support/toy_model.hpp"
#include "train/step.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::doubles, testing::item;

struct OneNormal : Encoder {
  Tensor mean = parameter("mean", elbo::full({1}, 0.2));
  Tensor log_scale = parameter("log_scale", elbo::full({1}, std::log(0.9)));
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override {
    const Tensor one = elbo::full({x.size(0), 1}, 1, x);
    return posteriors::diagonal_normal(mean * one, log_scale * one);
  }
};

struct Identity : Decoder {
  Tensor shift = parameter("shift", elbo::zeros({1}));
  Tensor do_decode(const Tensor& z) override { return z + shift; }
};

struct OneDimension {
  data::Dataset dataset;
  Model model;
  observation::ObservationModel observed{{{1}, Support::real, 0}};

  OneDimension() {
    dataset.shape = {1};
    dataset.support = Support::real;
    dataset.train.x = {{2, 1}, std::vector<float>{0, 1}};
    model =
        testing::make_model(choice("encoder", "linear"), choice("decoder", "linear"),
                            choice("likelihood", "gaussian", {{"scale", std::string("fixed")}, {"fixed_scale", 1.0}}),
                            {{1}, Support::real, 0}, 1);
    Context context = model.decoder->context();
    model.encoder = std::make_shared<OneNormal>();
    model.decoder = std::make_shared<Identity>();
    model.encoder->attach("encoder:one_normal", context);
    model.decoder->attach("decoder:identity", context);
    model.to_like(zeros(Shape{1}).to(at::kDouble));
  }

  Batch batch(int64_t rows) const {
    Batch b;
    b.x = b.input = ones({rows, 1}).to(at::kDouble);
    b.ids = zeros(Shape{rows}).to(at::kLong);
    return b;
  }
};

/// Mean and standard error of the gradients of m, log s and the decoder's shift over repeated steps.
struct Gradients {
  std::array<double, 3> mean = {}, error = {}, deviation = {};
};

struct Climbed {
  std::string name;
  std::vector<Setting> settings{};
};

ObjectiveValue objective_on(const OneDimension& one, const Pass& pass, const Batch& batch, const Rng& rng) {
  const BatchSource source(one.dataset, one.observed, true);
  return objective_of(one.model, pass, step_on(one.model, source, batch, 0, rng), {});
}

Pass pass_for(const OneDimension& one, const Batch& batch, Rng& rng) {
  const Sampling sampling = one.model.objective->sampling();
  Pass pass = forward(one.model, batch, observation::Scoring::direct, sampling.samples, rng, sampling.latent);
  pass.sampled_kl = sampling.sampled_kl;
  return pass;
}

Gradients gradients_of(const Climbed& climbed, int64_t rows, int repeats = 40, double mean = 0.2, double scale = 0.9) {
  OneDimension one;
  testing::set_objective(one.model, climbed.name, climbed.settings);
  testing::set(one.model, "encoder.mean", elbo::full({1}, mean));
  testing::set(one.model, "encoder.log_scale", elbo::full({1}, std::log(scale)));
  const Batch batch = one.batch(rows);
  std::array<double, 3> squares = {};
  Gradients g;
  for (int i = 0; i < repeats; ++i) {
    Rng rng = Rng(5).fork("repeat", static_cast<uint64_t>(i)).for_data(at::arange(rows, at::TensorOptions(at::kLong)));
    const Pass pass = pass_for(one, batch, rng);
    const ObjectiveValue o = objective_on(one, pass, batch, rng);
    for (const auto& [name, t] : one.model.named_parameters()) t.mutable_grad() = Tensor();
    for (const Ascent& ascent : o.ascents)
      ascent.parameters.empty() ? ascent.value.backward({}, true)
                                : ascent.value.backward({}, true, false, ascent.parameters);
    const auto parameters = one.model.named_parameters();
    for (size_t p = 0; p < 3; ++p) {
      const double gradient = item(parameters[p].second.grad());
      g.mean[p] += gradient / repeats;
      squares[p] += gradient * gradient / repeats;
    }
  }
  for (size_t p = 0; p < 3; ++p) {
    const double variance = std::max(0.0, squares[p] - g.mean[p] * g.mean[p]);
    g.error[p] = std::sqrt(variance / (repeats - 1));
    g.deviation[p] = std::sqrt(variance * static_cast<double>(rows));
  }
  return g;
}

void expect_exact(const Gradients& g, double d_mean, double d_log_scale) {
  EXPECT_NEAR(g.mean[0], d_mean, 4.5 * g.error[0] + 1e-9);
  EXPECT_NEAR(g.mean[1], d_log_scale, 4.5 * g.error[1] + 1e-9);
}

// Each tolerance is 4.5 standard errors of 40 steps with 4,000 rows; the seed is fixed.
TEST(Gradients, BothEstimatorsOfTheElboAreUnbiased) {
  const Gradients a = gradients_of({"elbo", {{"kl", std::string("monte_carlo")}}}, 4000),
                  b = gradients_of({"elbo"}, 4000);
  expect_exact(a, .600000, -.620000);
  expect_exact(b, .600000, -.620000);
}

TEST(Gradients, StickingTheLandingIsUnbiasedForTheElbo) {
  expect_exact(gradients_of({"elbo", {{"kl", std::string("monte_carlo")}, {"gradient", std::string("stl")}}}, 4000),
               .600000, -.620000);
}

TEST(Gradients, ImportanceWeightedBoundsHaveTheirExactGradients) {
  expect_exact(gradients_of({"iwae", {{"samples", int64_t{2}}}}, 4000), .222722, -.165464);
  expect_exact(gradients_of({"iwae", {{"samples", int64_t{5}}}}, 4000), .071028, -.045178);
  expect_exact(gradients_of({"miwae", {{"samples", int64_t{5}}, {"groups", int64_t{3}}}}, 1500), .071028, -.045178);
  expect_exact(gradients_of({"ciwae", {{"samples", int64_t{5}}, {"mix", 0.25}}}, 4000), .25 * .6 + .75 * .071028,
               -.25 * .62 - .75 * .045178);
}

TEST(Gradients, DoubleReparameterisationIsUnbiasedAndQuieter) {
  const Climbed total{"iwae", {{"samples", int64_t{5}}}},
      dreg{"iwae", {{"samples", int64_t{5}}, {"gradient", std::string("dreg")}}};
  const Gradients plain = gradients_of(total, 4000), doubly = gradients_of(dreg, 4000);
  expect_exact(doubly, .071028, -.045178);
  EXPECT_LT(doubly.deviation[0], 0.2 * plain.deviation[0]);  // 0.057 against 0.64
  EXPECT_NEAR(doubly.mean[2], plain.mean[2], 4.5 * std::hypot(doubly.error[2], plain.error[2]));
}

TEST(Gradients, StickingTheLandingIsBiasedForMoreThanOneImportanceSample) {
  const Gradients g = gradients_of({"iwae", {{"samples", int64_t{5}}, {"gradient", std::string("stl")}}}, 4000);
  EXPECT_NEAR(g.mean[0], .3970, 4.5 * g.error[0] + 5e-4);
}

// At the exact posterior N(1/2, 1/2) the gradient of m has variance 1/v = 2 by estimator A, v = 1/2 by estimator B, none
// without the score (Kingma & Welling 2014; Roeder et al. 2017).
TEST(Gradients, AtTheExactPosteriorEstimatorBHasAQuarterOfTheVariance) {
  const auto variance = [](const Climbed& config) {
    const double deviation = gradients_of(config, 4000, 100, 0.5, std::sqrt(0.5)).deviation[0];
    return deviation * deviation;
  };
  EXPECT_NEAR(variance({"elbo", {{"kl", std::string("monte_carlo")}}}), 2, 4.5 * 2 * std::sqrt(2.0 / 99));
  EXPECT_NEAR(variance({"elbo"}), 0.5, 4.5 * 0.5 * std::sqrt(2.0 / 99));
  EXPECT_NEAR(variance({"elbo", {{"kl", std::string("monte_carlo")}, {"gradient", std::string("stl")}}}), 0, 1e-9);
}

// PIWAE (Rainforth et al. 2018): the encoder climbs MIWAE(M, K), the decoder IWAE(M K).
TEST(Gradients, PartialImportanceWeightingGivesEachPartItsOwnBound) {
  const Gradients p = gradients_of({"piwae", {{"samples", int64_t{5}}, {"groups", int64_t{3}}}}, 2000);
  const Gradients iwae = gradients_of({"iwae", {{"samples", int64_t{15}}}}, 2000);
  expect_exact(p, .071028, -.045178);
  EXPECT_NEAR(p.mean[2], iwae.mean[2], 4.5 * std::hypot(p.error[2], iwae.error[2]) + 1e-9);
}

// For a linear model and one sample the path derivative has no noise at the exact posterior N(0.5, 0.5).
TEST(Gradients, NoTermOfTheSurrogateIsTakenForTheBound) {
  OneDimension one;
  testing::set_objective(one.model, "iwae", {{"samples", int64_t{5}}, {"gradient", std::string("dreg")}});
  Rng rng(5);
  const Batch batch = one.batch(1000);
  const Pass pass = pass_for(one, batch, rng);
  const ObjectiveValue o = objective_on(one, pass, batch, rng);
  EXPECT_NEAR(item(o.value), item(grouped_bound(pass.log_weight(), 1).mean()), 1e-12);
  EXPECT_GT(std::fabs(item(o.value) - item(o.ascents[0].value)), 0.01);
}

}  // namespace
}  // namespace elbo::host
