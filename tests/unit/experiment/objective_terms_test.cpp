#include "experiment/objective_terms.hpp"

#include <gtest/gtest.h>

namespace elbo {
namespace {

TEST(ObjectiveTerms, BetaRisesLinearlyOverTheWarmup) {
  const ObjectiveConfig config{.beta = 2, .warmup_epochs = 4};
  EXPECT_EQ(beta_at(config, 0), 0);
  EXPECT_EQ(beta_at(config, 1), 0.5);
  EXPECT_EQ(beta_at(config, 4), 2);
  EXPECT_EQ(beta_at(config, 9), 2);
  EXPECT_EQ(beta_at({.beta = 2}, 0), 2);
}

// Fu et al. (2019): with R = 0.5 beta rises in the first half of each cycle and stays in the second.
TEST(ObjectiveTerms, BetaRisesAnewInEachCycle) {
  const ObjectiveConfig config{.beta = 4, .anneal = "cyclical", .cycle_epochs = 10, .cycle_rise = 0.5};
  EXPECT_EQ(beta_at(config, 0), 0);
  EXPECT_EQ(beta_at(config, 2.5), 2);
  EXPECT_EQ(beta_at(config, 5), 4);
  EXPECT_EQ(beta_at(config, 9.9), 4);
  EXPECT_EQ(beta_at(config, 10), 0);
  EXPECT_EQ(beta_at(config, 12.5), 2);
}

TEST(ObjectiveTerms, CapacityRisesLinearlyToItsEnd) {
  const ObjectiveConfig config{.regularizer = "capacity", .capacity = 20, .capacity_epochs = 10};
  EXPECT_EQ(capacity_at(config, 5), 10);
  EXPECT_EQ(capacity_at(config, 50), 20);
  EXPECT_EQ(capacity_at({.capacity = 20}, 0), 20);
}

TEST(ObjectiveTerms, WeightsAreThoseOfTheEpoch) {
  const auto terms = objective_terms({.beta = 4, .warmup_epochs = 2}, 1);
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_EQ(terms[0].name, "reconstruction");
  EXPECT_EQ(terms[0].weight, 1);
  EXPECT_EQ(terms[1].name, "kl");
  EXPECT_EQ(terms[1].weight, -2);
}

// InfoVAE (Zhao et al. 2019): the KL weighs 1 - alpha and the MMD alpha + lambda - 1.
TEST(ObjectiveTerms, InfoVaeWeighsAsItsAuthorsDo) {
  const auto terms = objective_terms({.regularizer = "mmd", .mmd_weight = 10, .info = 0.75}, 0);
  ASSERT_EQ(terms.size(), 3u);
  EXPECT_DOUBLE_EQ(terms[1].weight, -0.25);
  EXPECT_DOUBLE_EQ(terms[2].weight, -9.75);
}

TEST(ObjectiveTerms, OnlyBoundsAreCalledBounds) {
  EXPECT_TRUE(is_bound({}));
  EXPECT_TRUE(is_bound({.beta = 4}));
  EXPECT_FALSE(is_bound({.beta = 0.5}));
  EXPECT_FALSE(is_bound({.regularizer = "free_bits"}));
  EXPECT_TRUE(is_bound({.bound = "ciwae"}));
  EXPECT_FALSE(is_bound({.bound = "iwae", .beta = 2}));
  EXPECT_FALSE(is_bound({.bound = "wake_sleep"}));
  EXPECT_FALSE(is_bound({.parameter_prior = "normal"}));
}

TEST(ObjectiveTerms, ContradictionsSayWhatIsExpected) {
  const auto one = [](const ObjectiveConfig& c) {
    const auto found = contradictions(c);
    return found.size() == 1 ? found[0] : std::to_string(found.size()) + " sentences";
  };
  EXPECT_EQ(one({.gradient = "stl"}),
            "objective.gradient is \"stl\" with a closed-form KL, which has no score term; expected kl = \"monte_carlo\" or gradient = \"total\"");
  EXPECT_EQ(one({.gradient = "dreg"}), "objective.gradient is \"dreg\" with bound = \"elbo\"; expected bound = \"iwae\" or \"miwae\"");
  EXPECT_EQ(one({.anneal = "cyclical"}), "objective.anneal is \"cyclical\" without cycle_epochs; expected cycle_epochs of 1 or more");
  EXPECT_TRUE(contradictions({.bound = "iwae", .samples = 5, .gradient = "dreg"}).empty());
}

}  // namespace
}  // namespace elbo
