#include "train/step.hpp"

#include <gtest/gtest.h>

#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::choice, testing::item;

/// Nine binary values a data point, three latent dimensions, 24 training data.
struct ToyPass {
  data::Dataset dataset;
  observation::ObservationModel observed;
  Model model;
  BatchSource source;

  static data::Dataset binary() {
    data::Dataset d;
    d.shape = {1, 3, 3};
    d.support = Support::binary;
    d.train.x = {{24, 1, 3, 3}, std::vector<uint8_t>(24 * 9, 1)};
    return d;
  }

  ToyPass()
      : dataset(binary()),
        observed{{{1, 3, 3}, Support::binary, 0}},
        model(testing::make_model(choice("encoder", "mlp", {{"hidden", std::vector<int64_t>{8}}}),
                                  choice("decoder", "mlp", {{"hidden", std::vector<int64_t>{8}}}),
                                  choice("likelihood", "bernoulli"), observed.observation, 3)),
        source(dataset, observed, true) {}

  ObjectiveValue objective(const std::string& name, const std::vector<Setting>& settings = {}, double epoch = 0,
                           const TrainConfig& train = {}) {
    testing::set_objective(model, name, settings, 24);
    Rng rng(1);
    const Batch batch = source.batch(Part::train, 0, 6, rng);
    const Sampling sampling = model.objective->sampling();
    Pass pass = forward(model, batch, observation::Scoring::direct, sampling.samples, rng, sampling.latent);
    pass.sampled_kl = sampling.sampled_kl;
    return objective_of(model, pass, step_on(model, source, batch, epoch, rng), train);
  }
};

const TrainConfig with_parameter_prior = [] {
  TrainConfig config;
  config.parameter_prior = "normal";
  return config;
}();

struct Recomposed {
  std::string name;
  std::vector<Setting> settings{};
  bool parameter_prior = false;
};

// Every objective: the logged terms, with their weights, sum to what is maximised.
TEST(Objective, TermsRecomposeTheObjective) {
  ToyPass toy;
  const Setting five = {"samples", int64_t{5}}, two = {"groups", int64_t{2}};
  const Recomposed all[] = {
      {"elbo"},
      {"elbo", {{"kl", std::string("monte_carlo")}}},
      {"elbo", {}, true},
      {"beta", {{"beta", 4.}}},
      {"iwae", {five}},
      {"iwae", {five, {"gradient", std::string("dreg")}}},
      {"iwae", {five, {"gradient", std::string("dreg")}}, true},
      {"miwae", {five, two}},
      {"piwae", {five, two}},
      {"ciwae", {five, {"mix", 0.3}}},
      {"wake_sleep"},
      {"wake_sleep", {}, true},
      {"mcem"},
      {"autoencoder"},
      {"free_bits", {{"free_bits", 0.5}}},
      {"free_bits", {{"free_bits", 0.5}, {"per_example", true}}},
      {"capacity", {{"capacity", 3.}}},
      {"total_correlation"},
      {"mmd", {{"info", 0.5}}},
  };
  for (const auto& [name, settings, parameter_prior] : all) {
    const TrainConfig train = parameter_prior ? with_parameter_prior : TrainConfig();
    const ObjectiveValue o = toy.objective(name, settings, 0, train);
    const auto declared = terms_at(toy.model, train, 0);
    ASSERT_EQ(o.weighted.size(), declared.size());
    double sum = 0;
    for (size_t i = 0; i < declared.size(); ++i) {
      EXPECT_EQ(o.weighted[i].name, declared[i].name);
      sum += o.weighted[i].weight * o.weighted[i].value();
    }
    EXPECT_NEAR(item(o.value), sum, 1e-9 * (1 + std::fabs(sum))) << name;
    EXPECT_FALSE(o.ascents.empty());
  }
}

TEST(Objective, AWeightOfZeroTakesTheTermOut) {
  ToyPass toy;
  const ObjectiveValue o = toy.objective("beta", {{"warmup_epochs", int64_t{10}}}, 0);
  EXPECT_NEAR(item(o.value), o.means.reconstruction, 1e-12);
}

TEST(Objective, TotalCorrelationWithUnitWeightsIsTheElbo) {
  ToyPass toy;
  const ObjectiveValue parts = toy.objective("total_correlation", {{"tc_weight", 1.}});
  EXPECT_NEAR(item(parts.value), parts.means.reconstruction - *parts.means.kl_sampled, 1e-9);
}

TEST(Objective, FreeBitsBelowEveryKlAreTheElbo) {
  ToyPass toy;
  EXPECT_NEAR(item(toy.objective("free_bits", {{"free_bits", 1e-6}}).value), item(toy.objective("elbo").value), 1e-9);
}

TEST(Objective, ABetaOfOneIsTheElbo) {
  ToyPass toy;
  EXPECT_EQ(item(toy.objective("beta").value), item(toy.objective("elbo").value));
}

TEST(Objective, OnlyBoundsAreCalledBounds) {
  ToyPass toy;
  const auto is_bound = [&](const std::string& name, const std::vector<Setting>& settings = {}) {
    testing::set_objective(toy.model, name, settings, 24);
    return toy.model.objective->is_bound();
  };
  EXPECT_TRUE(is_bound("elbo"));
  EXPECT_TRUE(is_bound("beta", {{"beta", 4.}}));
  EXPECT_FALSE(is_bound("beta", {{"beta", 0.5}}));
  EXPECT_FALSE(is_bound("beta", {{"cycle_epochs", int64_t{3}}}));
  EXPECT_FALSE(is_bound("free_bits"));
  EXPECT_TRUE(is_bound("ciwae"));
  EXPECT_FALSE(is_bound("iwae", {{"beta", 2.}}));
  EXPECT_FALSE(is_bound("wake_sleep"));
}

// InfoVAE (Zhao et al. 2019): the KL weighs 1 - alpha and the MMD alpha + lambda - 1.
TEST(Objective, InfoVaeWeighsAsItsAuthorsDo) {
  ToyPass toy;
  testing::set_objective(toy.model, "mmd", {{"mmd_weight", 10.}, {"info", 0.75}});
  const auto terms = toy.model.objective->terms(0);
  ASSERT_EQ(terms.size(), 3u);
  EXPECT_DOUBLE_EQ(terms[1].weight, -0.25);
  EXPECT_DOUBLE_EQ(terms[2].weight, -9.75);
}

TEST(Objective, CapacityRisesLinearlyToItsEnd) {
  ToyPass toy;
  testing::set_objective(toy.model, "capacity", {{"capacity", 20.}, {"capacity_epochs", int64_t{10}}});
  EXPECT_EQ(toy.model.objective->scheduled(5)[0].value, 10);
  EXPECT_EQ(toy.model.objective->scheduled(50)[0].value, 20);
}

TEST(Objective, SettingsThatContradictEachOtherAreRefusedInWords) {
  ToyPass toy;
  try {
    testing::set_objective(toy.model, "iwae", {{"gradient", std::string("dreg")}, {"beta", 2.}});
    FAIL();
  } catch (const UserError& e) {
    EXPECT_NE(
        std::string(e.what()).find(
            "gradient is \"dreg\" with a beta that is not 1 throughout; expected beta = 1 without warm-up or cycles"),
        std::string::npos)
        << e.what();
  }
}

// Wake-sleep has two objectives: each set of parameters climbs its own alone.
class TwoObjectives : public ::testing::TestWithParam<std::string> {};

TEST_P(TwoObjectives, TheFirstTrainsTheGenerativeAndTheSecondTheInferenceParameters) {
  ToyPass toy;
  const ObjectiveValue o = toy.objective(GetParam());
  ASSERT_EQ(o.ascents.size(), 2u);
  const auto gradients = [&](size_t ascent) {
    for (const auto& [name, t] : toy.model.named_parameters()) t.mutable_grad() = Tensor();
    o.ascents[ascent].value.backward({}, true, false, o.ascents[ascent].parameters);
    std::pair<bool, bool> moved = {false, false};
    for (const auto& [name, t] : toy.model.named_parameters())
      if (t.grad().defined() && item(t.grad().abs().sum()) > 0)
        (name.starts_with("encoder.") ? moved.first : moved.second) = true;
    return moved;
  };
  EXPECT_EQ(gradients(0), std::pair(false, true));
  EXPECT_EQ(gradients(1), std::pair(true, false));
}

INSTANTIATE_TEST_SUITE_P(bounds, TwoObjectives, ::testing::Values("wake_sleep", "mcem"));

// The parameters' log prior counts once for the whole data set, so each data point bears 1/N of it.
TEST(Objective, TheParameterPriorIsDividedByTheNumberOfTrainingData) {
  ToyPass toy;
  const ObjectiveValue with = toy.objective("elbo", {}, 0, with_parameter_prior), without = toy.objective("elbo");
  double log_prior = 0;
  for (const auto& [name, t] : toy.model.named_parameters())
    log_prior -= item((0.5 * t.square() + 0.9189385332046727).sum());
  EXPECT_NEAR(item(with.value) - item(without.value), log_prior / 24, 1e-9);
}

}  // namespace
}  // namespace elbo::host
