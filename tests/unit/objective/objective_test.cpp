#include "objective/objective.hpp"

#include <gtest/gtest.h>

#include "experiment/objective_terms.hpp"
#include "support/toy_model.hpp"

namespace elbo {
namespace {

using testing::choice, testing::item;

/// Nine binary values a datum, three latent dimensions, 24 training data.
struct Toy {
  data::Dataset dataset;
  data::View view;
  Model model;
  Feed feed;

  static data::Dataset binary() {
    data::Dataset d;
    d.shape = {1, 3, 3};
    d.support = Support::binary;
    d.train.x = {{24, 1, 3, 3}, std::vector<uint8_t>(24 * 9, 1)};
    return d;
  }

  Toy()
      : dataset(binary()), view{{{1, 3, 3}, Support::binary, 0}},
        model(testing::make_model(choice("encoder", "mlp", {{"hidden", std::vector<int64_t>{8}}}),
                                  choice("decoder", "mlp", {{"hidden", std::vector<int64_t>{8}}}), choice("likelihood", "bernoulli"), view.observation, 3)),
        feed(dataset, view, {}, true) {}

  Objective objective(const ObjectiveConfig& config, double epoch = 0) const {
    Rng rng(1);
    const Batch batch = feed.batch(Part::train, 0, 6, rng);
    Forward pass = forward(model, batch, data::Scoring::direct, draws(config), rng, latent_of(config));
    pass.log_joint_of_chain = log_joint_at(model, batch, data::Scoring::direct, pass.z.detach().narrow(0, 0, 1)).squeeze(0);
    return objective_of(model, feed, pass, config, epoch, rng);
  }
};

// Every bound and every regularizer: the logged terms, with their weights, sum to the objective.
TEST(Objective, TermsRecomposeTheObjective) {
  const Toy toy;
  const ObjectiveConfig configs[] = {
      {},
      {.beta = 4},
      {.kl = "monte_carlo"},
      {.bound = "iwae", .samples = 5},
      {.bound = "iwae", .samples = 5, .gradient = "dreg"},
      {.bound = "miwae", .samples = 5, .groups = 2},
      {.bound = "piwae", .samples = 5, .groups = 2},
      {.bound = "ciwae", .samples = 5, .mix = 0.3},
      {.bound = "wake_sleep"},
      {.bound = "mcem"},
      {.bound = "autoencoder"},
      {.regularizer = "free_bits", .free_bits = 0.5},
      {.regularizer = "free_bits_per_example", .free_bits = 0.5},
      {.regularizer = "capacity", .capacity = 3},
      {.regularizer = "total_correlation"},
      {.regularizer = "mmd", .info = 0.5},
      {.parameter_prior = "normal"},
  };
  for (const ObjectiveConfig& config : configs) {
    ASSERT_TRUE(contradictions(config).empty());
    const Objective o = toy.objective(config);
    const auto declared = objective_terms(config, 0);
    ASSERT_EQ(o.weighted.size(), declared.size());
    double sum = 0;
    for (size_t i = 0; i < declared.size(); ++i) {
      EXPECT_EQ(o.weighted[i].name, declared[i].name);
      sum += o.weighted[i].weight * o.weighted[i].value();
    }
    EXPECT_NEAR(item(o.value), sum, 1e-9 * (1 + std::fabs(sum))) << config.bound << ", " << config.regularizer;
  }
}

TEST(Objective, AWeightOfZeroTakesTheTermOut) {
  const Toy toy;
  const Objective o = toy.objective({.warmup_epochs = 10}, 0);
  EXPECT_NEAR(item(o.value), o.means.reconstruction, 1e-12);
}

TEST(Objective, TotalCorrelationWithUnitWeightsIsTheElbo) {
  const Toy toy;
  const Objective parts = toy.objective({.regularizer = "total_correlation", .tc_weight = 1});
  EXPECT_NEAR(item(parts.value), parts.means.reconstruction - *parts.means.kl_sampled, 1e-9);
}

TEST(Objective, FreeBitsWithoutAFloorAreTheElbo) {
  const Toy toy;
  EXPECT_NEAR(item(toy.objective({.regularizer = "free_bits", .free_bits = 0}).value), item(toy.objective({}).value), 1e-9);
}

// Wake-sleep has two objectives: each set of parameters climbs its own alone.
class TwoObjectives : public ::testing::TestWithParam<std::string> {};

TEST_P(TwoObjectives, TheFirstTrainsTheGenerativeAndTheSecondTheInferenceParameters) {
  const Toy toy;
  const Objective o = toy.objective({.bound = GetParam()});
  ASSERT_EQ(o.ascents.size(), 2u);
  const auto gradients = [&](size_t ascent) {
    for (const auto& [name, t] : toy.model.named_parameters()) t.mutable_grad() = Tensor();
    o.ascents[ascent].value.backward({}, true, false, o.ascents[ascent].parameters);
    std::pair<bool, bool> moved = {false, false};
    for (const auto& [name, t] : toy.model.named_parameters())
      if (t.grad().defined() && item(t.grad().abs().sum()) > 0) (name.starts_with("encoder.") ? moved.first : moved.second) = true;
    return moved;
  };
  EXPECT_EQ(gradients(0), std::pair(false, true));
  EXPECT_EQ(gradients(1), std::pair(true, false));
}

INSTANTIATE_TEST_SUITE_P(bounds, TwoObjectives, ::testing::Values("wake_sleep", "mcem"));

// The parameters' log prior counts once for the whole data set, so each datum bears 1/N of it.
TEST(Objective, TheParameterPriorIsDividedByTheNumberOfTrainingData) {
  const Toy toy;
  const Objective with = toy.objective({.parameter_prior = "normal"}), without = toy.objective({});
  double log_prior = 0;
  for (const auto& [name, t] : toy.model.named_parameters())
    log_prior -= item((0.5 * t.square() + 0.9189385332046727).sum());
  EXPECT_NEAR(item(with.value) - item(without.value), log_prior / 24, 1e-9);
}

}  // namespace
}  // namespace elbo
