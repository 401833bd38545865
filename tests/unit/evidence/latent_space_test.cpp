// Latents with bounds in coordinates without: evidence by quadrature over those.
#include "evidence/latent_space.hpp"

#include <ATen/ops/linalg_det.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "support/evidence_models.hpp"

namespace elbo::host {
namespace {

using testing::by_quadrature, testing::choice, testing::double_rng, testing::item, testing::noise_of, testing::Posed,
    testing::random_network;

/// x = a slightly bent f(z) + noise of sd 0.3, by this prior and the mlp encoder with this posterior.
struct Pair {
  Model model;
  Batch batch;

  Pair(const std::string& prior, std::vector<Setting> prior_settings, std::vector<Setting> encoder, int64_t latents,
       const std::string& encoder_name = "mlp") {
    const Observation observation{{4}, Support::real, 0};
    model = testing::make_model(choice("encoder", encoder_name, std::move(encoder)), choice("decoder", "linear"),
                                noise_of("gaussian", 0.3), observation, latents);
    Context context = model.decoder->context();
    const Tensor slopes = double_rng(7).normal({latents, 4});
    model.decoder = std::make_shared<testing::FunctionDecoder>(
        [slopes, bend = random_network(latents, 6, 4, 0.3, 8)](const Tensor& z) { return z.matmul(slopes) + bend(z); });
    model.decoder->attach("decoder:function", context);
    context.encode = [encoder = model.encoder](const Tensor& x) { return encoder->encode(x); };
    context.rng = Rng(5);
    model.prior = plugins::make_plugin<Prior>(choice("prior", prior, std::move(prior_settings)), context);
    model.to_like(elbo::zeros(Shape{1}).to(at::kDouble));
    Rng rng = double_rng(3);
    Rng noise = double_rng(4);
    batch.ids = arange(5, testing::doubles({0}, {1})).to(at::kLong);
    const Tensor z = model.prior->sample(5, rng).to(at::kDouble);
    batch.x = model.likelihood->sample(decode(model, z.unsqueeze(0)), noise)[0].to(at::kDouble);
    batch.input = batch.x;
  }
};

/// As many data points as `most_open` may be left as lower bounds, which lie near the truth all the same.
void expect_exact(const Pair& pair, double reach, int64_t points, int64_t most_open = 0) {
  const Posed p(pair.model, pair.batch);
  const auto exact = by_quadrature(p.density, reach, points);
  const auto climbed = climb(p.density, {.several_starts_first = true}, Rng(1));
  int64_t open = 0;
  for (size_t b = 0; b < exact.size(); ++b) {
    const Evidence& e = climbed[b].evidence;
    open += e.rung == Rung::none;
    EXPECT_NEAR(e.log_px, exact[b], e.rung == Rung::none ? 0.1 : 5 * std::max(e.standard_error, 0.004))
        << b << ", k-hat " << e.pareto_k;
  }
  EXPECT_LE(open, most_open);
}

TEST(LatentSpace, HoldsForEveryPriorOnAllOfSpace) {
  for (const char* prior :
       {"standard_normal", "diagonal_normal", "laplace", "student_t", "gaussian_mixture", "vamp", "realnvp", "maf"}) {
    SCOPED_TRACE(prior);
    expect_exact({prior, {}, {}, 2}, 8, 161);
  }
}

TEST(LatentSpace, HoldsForEveryPosterior) {
  for (const char* posterior : {"full_normal", "laplace", "uniform"}) {
    SCOPED_TRACE(posterior);
    expect_exact({"standard_normal", {}, {{"posterior", std::string(posterior)}}, 2}, 8, 161);
  }
  for (const char* flow : {"planar", "iaf"}) {
    SCOPED_TRACE(flow);
    expect_exact({"standard_normal", {}, {{"flow", std::string(flow)}}, 2}, 8, 161);
  }
}

TEST(LatentSpace, HoldsForTwoLayers) { expect_exact({"two_layers", {}, {}, 2, "two_layers"}, 8, 161); }

TEST(LatentSpace, HoldsOnTheBox) {
  const Pair pair("uniform", {}, {{"posterior", std::string("uniform")}}, 2);
  const Posed p(pair.model, pair.batch);
  EXPECT_FALSE(p.space.is_plain());
  expect_exact(pair, 16, 321, 1);  // one posterior is piled up in a corner
}

TEST(LatentSpace, HoldsOnTheSphere) {
  const Pair pair("hyperspherical_uniform", {}, {{"posterior", std::string("von_mises_fisher")}}, 3);
  const Posed p(pair.model, pair.batch);
  EXPECT_EQ(p.space.dims(), 2);
  // Over the sphere itself, by its angles: log p(x) = log of the mean over the sphere of p(x|z).
  const int64_t n = 200;
  std::vector<double> points, log_areas;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      const double theta = std::numbers::pi * (static_cast<double>(i) + 0.5) / n, phi = 2 * std::numbers::pi * j / n;
      points.insert(points.end(), {std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)});
      log_areas.push_back(std::log(std::sin(theta) * 2 * std::numbers::pi * std::numbers::pi / (n * n)));
    }
  const Tensor z = testing::doubles(points, {n * n, 1, 3}), areas = testing::doubles(log_areas, {n * n, 1});
  const auto climbed = climb(p.density, {.several_starts_first = true}, Rng(1));
  int64_t open = 0;
  for (int64_t b = 0; b < pair.batch.size(); ++b) {
    const double exact = item(
        (log_joint_at(pair.model, rows_of(pair.batch, {b}), observation::Scoring::direct, z) + areas).logsumexp(0));
    const Evidence& e = climbed[static_cast<size_t>(b)].evidence;
    open += e.rung == Rung::none;
    EXPECT_NEAR(e.log_px, exact, e.rung == Rung::none ? 0.1 : 5 * std::max(e.standard_error, 0.004)) << b;
  }
  EXPECT_LE(open, 2);  // the tails in these coordinates are heavier than those of the proposal
}

TEST(LatentSpace, CoordinatesGoThereAndBack) {
  for (const bool sphere : {false, true}) {
    const Pair pair(sphere ? "hyperspherical_uniform" : "uniform", {},
                    {{"posterior", std::string(sphere ? "von_mises_fisher" : "uniform")}}, 3);
    const LatentSpace space(pair.model, pair.batch.x, Rng(1));
    Rng rng = double_rng(2);
    const Tensor y = 2 * rng.normal({50, 4, space.dims()}), poles = rng.normal({4, 3});
    const Tensor unit = poles / poles.square().sum(1, true).sqrt();
    EXPECT_LT(item((space.y_of(space.z_of(y, unit), unit) - y).abs().max()), 1e-9);
    if (!sphere) continue;
    EXPECT_LT(item((space.z_of(y, unit).square().sum(2) - 1).abs().max()), 1e-12);
    EXPECT_LT(item((space.z_of(0 * y, unit) - unit).abs().max()), 1e-12);
  }
}

}  // namespace
}  // namespace elbo::host
