#include <elbo/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace elbo {
namespace {

Tensor ids(const std::vector<int64_t>& values) {
  Tensor t = zeros(Shape{static_cast<int64_t>(values.size())}).to(at::kLong);
  std::copy(values.begin(), values.end(), t.data_ptr<int64_t>());
  return t;
}

Tensor in_double() { return zeros(Shape{1}).to(at::kDouble); }

TEST(Philox, GivesThePublishedKnownAnswers) {  // Random123, kat_vectors, philox4x32-10
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Rng, TheSameSeedGivesTheSameNumbersAndEachCallNewOnes) {
  Rng a(7), b(7);
  const Tensor first = a.normal({2, 3, 5});
  EXPECT_TRUE(first.equal(b.normal({2, 3, 5})));
  EXPECT_FALSE(first.equal(a.normal({2, 3, 5})));
  EXPECT_FALSE(first.equal(Rng(8).normal({2, 3, 5})));
}

TEST(Rng, ForksAreIndependentOfEachOtherAndOfTheirOrigin) {
  const Rng root(1);
  EXPECT_TRUE(root.fork("a").uniform({1, 1, 9}).equal(root.fork("a").uniform({1, 1, 9})));
  EXPECT_FALSE(root.fork("a").uniform({1, 1, 9}).equal(root.fork("b").uniform({1, 1, 9})));
  EXPECT_FALSE(root.fork("a", 1).uniform({1, 1, 9}).equal(root.fork("a", 2).uniform({1, 1, 9})));
}

TEST(Rng, ADatumsNumbersDoNotDependOnItsBatch) {
  const Rng root(3);
  const Tensor together = root.for_data(ids({4, 9, 2})).normal({2, 3, 5});
  const Tensor alone = root.for_data(ids({9})).normal({2, 1, 5});
  EXPECT_TRUE(together.select(1, 1).equal(alone.select(1, 0)));
}

TEST(Rng, SamplesDoNotDependOnHowTheyAreChunked) {
  const Rng root(3);
  const Tensor all = root.from_sample(0).normal({6, 2, 3});
  const Tensor tail = root.from_sample(4).normal({2, 2, 3});
  EXPECT_TRUE(all.narrow(0, 4, 2).equal(tail));
}

TEST(Rng, UniformsLieStrictlyInsideTheUnitInterval) {
  for (const bool wide : {false, true}) {
    Rng rng = wide ? Rng(5).like(in_double()) : Rng(5);
    const Tensor u = rng.uniform({1, 1000, 1000});
    EXPECT_GT(u.min().item<double>(), 0.0);
    EXPECT_LT(u.max().item<double>(), 1.0);
    EXPECT_NEAR(u.mean().item<double>(), 0.5, 4.5 * 0.2887e-3);
  }
}

// 1e6 draws; standard errors of the first four moments of N(0, 1): 1e-3, sqrt(2)e-3, sqrt(15)e-3, sqrt(96)e-3.
TEST(Rng, NormalsHaveTheMomentsOfANormal) {
  for (const bool wide : {false, true}) {
    Rng rng = wide ? Rng(6).like(in_double()) : Rng(6);
    const Tensor n = rng.normal({10, 100, 1000}).to(at::kDouble);
    EXPECT_NEAR(n.mean().item<double>(), 0, 4.5e-3);
    EXPECT_NEAR(n.square().mean().item<double>(), 1, 4.5 * 1.42e-3);
    EXPECT_NEAR(n.pow(3).mean().item<double>(), 0, 4.5 * 3.9e-3);
    EXPECT_NEAR(n.pow(4).mean().item<double>(), 3, 4.5 * 9.8e-3);
  }
}

// Block 0 of sample 0, data point 0, call 0 in float64, as the header defines the numbers.
TEST(Rng, NormalsAreThoseOfBoxAndMuller) {
  const Tensor n = Rng(6).normal({1, 1, 4000}), u = Rng(6).uniform({1, 1, 4000});
  const auto* normal = n.data_ptr<float>();
  const auto* uniform = u.data_ptr<float>();
  for (int64_t i = 0; i < 4000; i += 2) {
    const double radius = std::sqrt(-2 * std::log(uniform[i])), angle = 2 * std::numbers::pi * uniform[i + 1];
    if (uniform[i] < 1e-3 || uniform[i] > 0.999) continue;  // there the radius has more digits than this uniform
    EXPECT_NEAR(normal[i], radius * std::cos(angle), 2e-4);
    EXPECT_NEAR(normal[i + 1], radius * std::sin(angle), 2e-4);
    EXPECT_NEAR(std::hypot(normal[i], normal[i + 1]), radius, 2e-4);
  }
}

TEST(Rng, ARowDoesNotDependOnItsLength) {
  for (const bool normal : {false, true}) {
    const auto row = [&](int64_t n) {
      Rng rng(9);
      return (normal ? rng.normal({1, 1, n}) : rng.uniform({1, 1, n})).flatten();
    };
    const Tensor longest = row(1000);
    for (const int64_t n : {1, 3, 20, 31, 33, 64, 65, 127, 129, 500})
      EXPECT_TRUE(row(n).equal(longest.narrow(0, 0, n))) << n;
  }
}

TEST(Rng, PermutationsHoldEachNumberOnce) {
  const Tensor order = Rng(1).permutation(1000);
  EXPECT_FALSE(order.equal(Rng(2).permutation(1000)));
  std::vector<int64_t> sorted(order.data_ptr<int64_t>(), order.data_ptr<int64_t>() + 1000);
  std::sort(sorted.begin(), sorted.end());
  for (int64_t i = 0; i < 1000; ++i) EXPECT_EQ(sorted[i], i);
}

TEST(Rng, RefusesShapesWithoutSamplesAndData) {
  EXPECT_THROW(Rng(1).normal({3}), Error);
  EXPECT_THROW(Rng(1).for_data(ids({1, 2})).normal({1, 3, 4}), Error);
}

}  // namespace
}  // namespace elbo
