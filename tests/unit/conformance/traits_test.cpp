// What likelihoods can say of one value is found by evaluating them: the shipped ones and some that the host does not know.
#include "conformance/check.hpp"

#include <gtest/gtest.h>

namespace elbo::host::conformance {
namespace {

plugins::Traits traits(const std::string& folder, const std::string& name, std::vector<Setting> settings = {}) {
  return traits_of({.kind = "likelihood",
                    .name = name,
                    .path = std::string(ELBO_BUILD_DIR) + folder + "/likelihood/" + name + ".so",
                    .sha256 = "",
                    .settings = std::move(settings),
                    .parts = {}});
}
plugins::Traits shipped(const std::string& name, std::vector<Setting> settings = {}) {
  return traits("/lib/elbo/plugins", name, std::move(settings));
}
plugins::Traits third_party(const std::string& name) { return traits("/tests/third_party/plugins", name); }

const Setting per_pixel = {"scale", std::string("per_pixel")};

TEST(Traits, OneBumpHasNoMassOfItsOwnAtAnEnd) {
  for (const char* name : {"gaussian", "laplace", "student_t", "truncated_normal", "logit_normal", "beta",
                           "continuous_bernoulli", "discretized_logistic", "binomial", "beta_binomial"}) {
    const plugins::Traits found = shipped(name);
    EXPECT_FALSE(found.own_lowest) << name;
    EXPECT_FALSE(found.own_highest) << name;
  }
  EXPECT_FALSE(shipped("student_t", {per_pixel, {"dof", std::string("per_pixel")}}).own_lowest);
  EXPECT_FALSE(third_party("my_power").own_lowest);
}

TEST(Traits, MixturesAndCategoriesHaveIt) {
  for (const char* name : {"categorical", "discretized_logistic_mixture"}) {
    const plugins::Traits found = shipped(name);
    EXPECT_TRUE(found.own_lowest) << name;
    EXPECT_TRUE(found.own_highest) << name;
  }
  EXPECT_FALSE(shipped("discretized_logistic_mixture", {{"components", int64_t{1}}}).own_lowest);
}

TEST(Traits, ATermForZerosMayBeLearnedOrComeFromTheDecoder) {
  EXPECT_TRUE(shipped("zero_inflated_negative_binomial").own_lowest);
  EXPECT_TRUE(shipped("zero_inflated_negative_binomial", {{"mean", std::string("library_softmax")}}).own_lowest);
  EXPECT_TRUE(third_party("my_zeros").own_lowest);
  for (const auto& found : {shipped("poisson"), shipped("negative_binomial"), third_party("my_counts")})
    EXPECT_FALSE(found.own_lowest);
}

TEST(Traits, TheDispersionsThatCountsCanHave) {
  for (const auto& found : {shipped("poisson"), third_party("my_counts")}) {
    EXPECT_NEAR(found.least_dispersion, 1, 1e-6);
    EXPECT_NEAR(found.most_dispersion, 1, 1e-6);
  }
  for (const auto& found :
       {shipped("negative_binomial"), shipped("zero_inflated_negative_binomial"), third_party("my_zeros")}) {
    EXPECT_GE(found.least_dispersion, 1);
    EXPECT_GT(found.most_dispersion, 20);
  }
}

TEST(Traits, WhatIsGiven) {
  EXPECT_EQ(shipped("multinomial").conditioning, Conditioning::total);
  const plugins::Traits free = shipped("negative_binomial");
  EXPECT_EQ(free.conditioning, Conditioning::nothing);
  EXPECT_EQ(free.for_given_total, "mean = \"library_softmax\"");
  const plugins::Traits given = shipped("negative_binomial", {{"mean", std::string("library_softmax")}});
  EXPECT_EQ(given.conditioning, Conditioning::library_size);
  EXPECT_EQ(given.for_given_total, "");
  EXPECT_EQ(third_party("my_counts").for_given_total, "");
}

TEST(Traits, ASpreadOfItsOwnForEachValue) {
  for (const char* name : {"gaussian", "laplace", "student_t", "truncated_normal", "logit_normal"}) {
    EXPECT_FALSE(shipped(name).own_spread) << name;
    EXPECT_EQ(shipped(name).for_own_spread, "scale = \"per_pixel\"") << name;
    EXPECT_TRUE(shipped(name, {per_pixel}).own_spread) << name;
    EXPECT_EQ(shipped(name, {per_pixel}).for_own_spread, "") << name;
  }
  EXPECT_TRUE(shipped("discretized_logistic").own_spread);
  EXPECT_FALSE(shipped("binomial").own_spread);
  EXPECT_EQ(shipped("bernoulli").for_own_spread, "");
  EXPECT_EQ(shipped("binomial").for_own_spread, "");
}

TEST(Traits, DensitiesAtTheEnds) {
  for (const char* name : {"beta", "logit_normal"}) EXPECT_FALSE(shipped(name).finite_at_ends) << name;
  for (const char* name : {"continuous_bernoulli", "truncated_normal"})
    EXPECT_TRUE(shipped(name).finite_at_ends) << name;
  EXPECT_FALSE(third_party("my_power").finite_at_ends);
}

TEST(Traits, TheSupport) {
  EXPECT_EQ(third_party("my_counts").support, Support::counts);
  EXPECT_TRUE(third_party("my_power").has_interval);
  EXPECT_FALSE(third_party("my_counts").has_interval);
}

}  // namespace
}  // namespace elbo::host::conformance
