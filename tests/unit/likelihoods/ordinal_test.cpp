// The ordinal likelihood at cut points other than those it begins with: values by mpmath at 50 digits, for raw cut points r with
// t_1 = r_1 and t_k = t_{k-1} + log(1 + e^{r_k}).
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

/// On four levels, cut at these raw cut points; float64.
std::shared_ptr<Likelihood> cut_at(const std::array<double, 3>& raw) {
  const auto likelihood = make_likelihood("ordinal", {.shape = {1}, .levels = 4});
  likelihood->to_like(doubles({0}));
  for (const auto& [name, t] : likelihood->named_parameters())
    t.detach().copy_(name == "first_cut" ? doubles({raw[0]}).view({1, 1}) : doubles({raw[1], raw[2]}).view({2, 1}));
  return likelihood;
}

Tensor log_p(const Likelihood& likelihood, double loc) {
  return likelihood
      .log_prob(at::arange(4, at::kDouble).view({4, 1}), theta_of(likelihood, doubles({loc}).expand({1, 4, 1})))
      .flatten();
}

TEST(Ordinal, agrees_with_the_table) {
  struct Row {
    std::array<double, 3> raw;
    double loc;
    std::array<double, 4> expected;
  };
  const std::array<double, 3> wide = {-1, 0.5, 1}, narrow = {-1, -20, 1};
  for (const Row& row :
       {Row{wide, 0.3, {-1.5410084538329922, -1.5844139954490216, -1.1733498623345225, -1.3040213048985998}},
        Row{wide, -40, {-1.1548224173015786e-17, -39.474076984180107, -40.28733867169833, -41.28733867169833}},
        Row{wide, 60, {-61.0, -60.5, -59.025923015819893, -3.1725988849940485e-26}},
        Row{narrow, 0.3, {-1.5410084538329922, -21.782016908107411, -1.240808461453114, -0.69980000923984839}}}) {
    const auto likelihood = cut_at(row.raw);
    const Tensor found = log_p(*likelihood, row.loc);
    for (size_t k = 0; k < 4; ++k)
      EXPECT_NEAR(found[static_cast<int64_t>(k)].item<double>(), row.expected[k], 1e-14 * std::abs(row.expected[k]))
          << "level " << k << " at " << row.loc;
  }
}

// A step of e^-1000 vanishes in float64, its log does not: a level that never occurred has a probability with a gradient.
TEST(Ordinal, keeps_a_level_whose_cut_points_coincide) {
  const auto likelihood = cut_at({-1, -1000, 1});
  const Tensor found = log_p(*likelihood, 0.3);
  EXPECT_NEAR(found[1].item<double>(), -1001.7820169076660, 1e-9);  // -1000 + log sigmoid(-1.3) + log sigmoid(1.3)
  found.sum().backward();
  for (const auto& [name, t] : likelihood->named_parameters()) EXPECT_TRUE(t.grad().isfinite().all().item<bool>());
}

TEST(Ordinal, starts_at_the_shares_of_the_training_data) {
  const auto likelihood = make_likelihood("ordinal", {.shape = {1}, .levels = 4});
  likelihood->to_like(doubles({0}));
  Statistics statistics;
  statistics.histogram = doubles({10, 40, 30, 20}).view({4, 1});
  const auto start = likelihood->init_from(statistics);
  ASSERT_TRUE(start.has_value());
  EXPECT_EQ(start->item<double>(), 0);
  std::vector<double> raw;
  for (const auto& [name, t] : likelihood->named_parameters())
    for (int64_t i = 0; i < t.numel(); ++i) raw.push_back(t.flatten()[i].item<double>());
  const std::array<double, 3> expected = {-2.197224577336219, 2.079441541679836, 1.09861228866811};
  ASSERT_EQ(raw.size(), expected.size());
  for (size_t i = 0; i < raw.size(); ++i) EXPECT_NEAR(raw[i], expected[i], 1e-12);
  EXPECT_NEAR(log_p(*likelihood, 0)[1].item<double>(), std::log(0.4), 1e-12);
}

TEST(Ordinal, works_on_two_levels) {
  const auto likelihood = make_likelihood("ordinal", {.shape = {2}, .levels = 2});
  const Tensor x = doubles({0, 1}).view({1, 2});
  const Theta theta = theta_of(*likelihood, doubles({0.5, 0.5}).view({1, 1, 2}));
  EXPECT_NEAR(likelihood->log_prob(x, theta).item<double>(), -0.97407698418010669 - 0.47407698418010669, 1e-14);
}

TEST(Ordinal, refuses_more_levels_than_cut_points_can_be_learned) {
  try {
    make_likelihood("ordinal", {.shape = {1}, .levels = 65536});
    FAIL();
  } catch (const UserError& e) {
    EXPECT_NE(std::string(e.what()).find("likelihood:ordinal: the data have 65536 levels"), std::string::npos)
        << e.what();
  }
}

}  // namespace
}  // namespace elbo::host::testing
