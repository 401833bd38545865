#include <gtest/gtest.h>

#include "conformance/statistics.hpp"
#include "conformance/tools.hpp"

namespace elbo::host::conformance {
namespace {

std::string sentence_of(const std::function<void()>& check) {
  try {
    check();
  } catch (const Failure& failure) {
    return failure.sentence;
  }
  return "";
}

TEST(ExpectCounts, accepts_what_is_within_chance) {
  const Tensor masses = doubles({0.5, 0.3, 0.2}), places = doubles({0, 1, 2});
  EXPECT_EQ(sentence_of([&] { expect_counts(doubles({520, 290, 190}), masses, places, "here"); }), "");
}

TEST(ExpectCounts, names_the_cell_that_is_furthest_off) {
  const Tensor masses = doubles({0.5, 0.3, 0.2}), places = doubles({0, 1, 2});
  EXPECT_EQ(sentence_of([&] { expect_counts(doubles({400, 300, 300}), masses, places, "here"); }),
            "here 300 of 1000 samples are 2; log_prob expects 200.0 (chi-squared 70.0 with 2 degrees of freedom)");
}

// 1000 draws of which log_prob expects 4 in each of the last two places: too few to be told apart.
TEST(ExpectCounts, merges_cells_with_few_expected_draws) {
  const Tensor masses = doubles({0.496, 0.496, 0.004, 0.004}), places = doubles({0, 1, 2, 3});
  EXPECT_EQ(sentence_of([&] { expect_counts(doubles({495, 496, 9, 0}), masses, places, "here"); }), "");
}

TEST(ExpectClose, takes_equal_infinities_for_equal_and_names_the_first_difference) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(sentence_of([&] { expect_close(doubles({inf, 1}), doubles({inf, 1}), 0, "x"); }), "");
  EXPECT_EQ(sentence_of([&] { expect_close(doubles({1, 2.5}), doubles({1, 2}), 1e-6, "x"); }), "x is 2.5; expected 2");
  EXPECT_EQ(sentence_of([&] { expect_close(doubles({1, NAN}), doubles({1, 2}), 1e-6, "x"); }), "x is nan; expected 2");
}

TEST(ExpectGradient, finds_a_parameter_that_is_cut_off) {
  const Tensor a = doubles({1, 2}).requires_grad_(), b = doubles({3, 4}).requires_grad_();
  const auto sound = [&] { return (a * b.square()).sum(); };
  const auto cut = [&] { return (a * b.square().detach()).sum(); };
  EXPECT_EQ(sentence_of([&] { expect_gradient(sound, {{"a", a}, {"b", b}}, "here"); }), "");
  EXPECT_EQ(sentence_of([&] { expect_gradient(cut, {{"a", a}, {"b", b}}, "here"); }),
            "here: the gradient by b[0] is 0; its central difference is 6");
}

TEST(InWords, shortens_what_is_long) {
  EXPECT_EQ(in_words(doubles({1.5})), "1.5");
  EXPECT_EQ(in_words(doubles({2, 2, 2})), "all 2");
  EXPECT_EQ(in_words(doubles({1, 2, 3, 4, 5})), "[1, 2, 3, 4, ...]");
  EXPECT_EQ(in_words({{"loc", {2}}, {"log_scale", {1}}}, doubles({1, 2, 3})), "raw loc = [1, 2], raw log_scale = 3");
}

/// Correlated and skew; [n, 2]
Tensor skew_draws(int64_t n, uint64_t seed) {
  const Tensor u = double_rng(seed).normal({1, n, 2})[0];
  return at::stack({u.select(1, 0).exp(), u.select(1, 0) + 0.3 * u.select(1, 1)}, 1);
}

TEST(Reference, IntegratesTo1AndHasUniformPlaces) {
  const Reference reference(skew_draws(8000, 1));
  const Tensor z = reference.draws(double_rng(2).uniform({1, 5000, 2})[0]);
  const Reference::Seen seen = reference.at(z);
  // The mean of 1 / h over draws of h is the volume of its cells, the same from any draws; places follow the numbers given.
  EXPECT_LT((seen.place - double_rng(2).uniform({1, 5000, 2})[0]).abs().max().item<double>(), 1e-9);
  const Tensor p = legendre(seen.place), gram = p.t().matmul(p) / 5000;
  EXPECT_LT((gram - at::eye(7, at::kDouble)).abs().max().item<double>(), 0.15);
}

// By points spread over a box that holds the reference.
TEST(Reference, HasMass1) {
  const Tensor draws = skew_draws(8000, 1), low = std::get<0>(draws.min(0)) - 1,
               width = std::get<0>(draws.max(0)) + 1 - low;
  const Tensor z = low + width * double_rng(3).uniform({1, 2000000, 2})[0];
  const Tensor density = Reference(draws).at(z).log_density.exp() * width.prod();
  EXPECT_LT(std::abs(z_of_mean(density, 1)), 5);
  EXPECT_LT(density.std().item<double>() / std::sqrt(2e6), 0.02);
}

TEST(Reference, RefusesDrawsThatAreEqual) {
  EXPECT_THROW(Reference(at::full({100, 2}, 1., at::kDouble)), Failure);
  EXPECT_THROW(Reference(double_rng(1).normal({1, 4000, 1})[0].round()), Failure);
}

}  // namespace

}  // namespace elbo::host::conformance
