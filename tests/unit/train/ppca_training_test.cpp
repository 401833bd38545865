// Training itself against exact answers: probabilistic PCA from random weights, by the steps that runs take. Each
// posterior gives the sigma points of its distribution in place of random draws, whose mean is exact for what is quadratic
// in z: the gradient has no noise, and the optimum (Tipping & Bishop 1999; Lucas et al. 2019) is reached to many
// digits.
#include <ATen/ops/eye.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/ppca.hpp"
#include "train/step.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::item;

/// mean + and - sqrt(L) times each scale: the same mean and covariance.
class SigmaPoints final : public Posterior {
 public:
  explicit SigmaPoints(std::unique_ptr<Posterior> distribution) : distribution_(std::move(distribution)) {}

  Sample draw(int64_t samples, Rng&) const override {
    const auto p = *distribution_->diagonal_normal();
    const int64_t latents = p.mean.size(1);
    if (samples != 2 * latents) throw Error("expected two sigma points for each latent");
    const Tensor side =
        at::eye(latents, p.mean.options().requires_grad(false)) * std::sqrt(static_cast<double>(latents));
    const Tensor z = p.mean + cat({side, -side}, 0).unsqueeze(1) * p.log_scale.exp();
    return {z, *distribution_->log_prob(z)};
  }
  Tensor mean() const override { return distribution_->mean(); }
  std::optional<DiagonalNormalParams> diagonal_normal() const override { return distribution_->diagonal_normal(); }

 private:
  std::unique_ptr<Posterior> distribution_;
};

class WithSigmaPoints final : public Encoder {
 public:
  explicit WithSigmaPoints(std::shared_ptr<Encoder> encoder) : encoder_(part("encoder", std::move(encoder))) {}

 private:
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override {
    return std::make_unique<SigmaPoints>(encoder_->encode(x));
  }
  std::shared_ptr<Encoder> encoder_;
};

struct Case {
  std::string name, scale;
  double sigma2, beta;  // sigma2 is where a learned one begins
  std::vector<double> kl;
  double objective, elbo;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const Case cases[] = {
    {"two_of_three_active", "fixed", 1, 1, {.451398522999, .294740237864, 0}, -5.905176545476, -5.905176545476},
    {"all_active", "fixed", .5, 1, {.797972113279, .641313828144, .158636182537}, -5.667260908846, -5.667260908846},
    {"beta_4", "fixed", .5, 4, {.104824932719, 0, 0}, -7.478378249203, -7.163903451047},
    {"beta_2", "fixed", .5, 2, {.451398522999, .294740237864, 0}, -6.748304597013, -6.002165836151},
    {"learned_noise",
     "shared",
     1,
     1,
     {.814974286453, .658316001318},
     testing::ppca::mean_log_px,
     testing::ppca::mean_log_px},
};

class Training : public ::testing::TestWithParam<Case> {};

TEST_P(Training, EndsAtTheOptimumOfProbabilisticPca) {
  const Case& c = GetParam();
  testing::ppca::Fed fed;
  const auto latents = static_cast<int64_t>(c.kl.size());
  Model model =
      testing::make_model(choice("encoder", "linear"), choice("decoder", "linear"),
                          choice("likelihood", "gaussian", {{"scale", c.scale}, {"fixed_scale", std::sqrt(c.sigma2)}}),
                          {{4}, Support::real, 0}, latents, 3);
  const Context context = model.encoder->context();
  model.encoder = std::make_shared<WithSigmaPoints>(model.encoder);
  model.encoder->attach("encoder:sigma_points", context);
  model.to_like(zeros(Shape{1}).to(at::kDouble));
  elbo::host::Run run;
  run.optimizer.lr = 0.03;
  testing::set_objective(model, "beta", {{"beta", c.beta}, {"samples", 2 * latents}});
  Optimizer optimizer(run.optimizer, model.named_parameters());
  const Tensor ids = fed.source.batch(Part::train, 0, 6, Rng(0)).ids;
  constexpr int steps = 6000;
  for (int i = 0; i < steps; ++i) {
    optimizer.scale_rates((1 + std::cos(M_PI * i / steps)) / 2);
    train_step(run, model, fed.source, optimizer, ids, Rng(1), 0);
  }
  optimizer.scale_rates(0);
  const ObjectiveValue end = train_step(run, model, fed.source, optimizer, ids, Rng(1), 0);
  EXPECT_NEAR(item(end.value), c.objective, 1e-5);
  EXPECT_NEAR(*end.means.elbo, c.elbo, 1e-5);
  std::vector<double> kl = end.means.kl_per_dim;  // sums over six data
  std::sort(kl.rbegin(), kl.rend());
  for (size_t j = 0; j < c.kl.size(); ++j) EXPECT_NEAR(kl[j] / 6, c.kl[j], 1e-4) << j;
}

INSTANTIATE_TEST_SUITE_P(ppca, Training, ::testing::ValuesIn(cases), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace elbo::host
