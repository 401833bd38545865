#include "evaluate/metrics/factors.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace elbo::host {
namespace {

/// Two factors of 4 and 5 values; `code(f0, f1, uniform)` gives the latents.
template <class Code>
FactorData made(uint64_t stream, Code&& code) {
  FactorData d;
  d.factors.resize(2);
  for (uint64_t i = 0; i < 1000; ++i) {
    Draws draws(1, stream, i);
    const auto a = static_cast<int64_t>(draws.uniform() * 4), b = static_cast<int64_t>(draws.uniform() * 5);
    d.factors[0].push_back(a);
    d.factors[1].push_back(b);
    const std::vector<double> z = code(static_cast<double>(a), static_cast<double>(b), draws.uniform());
    d.latents.columns = static_cast<int64_t>(z.size());
    d.latents.values.insert(d.latents.values.end(), z.begin(), z.end());
  }
  return d;
}

TEST(Factors, ADimensionForEachFactorIsPerfect) {
  const auto code = [](double a, double b, double u) { return std::vector{a, u, -b}; };
  const FactorData train = made(1, code), test = made(2, code);
  EXPECT_NEAR(mutual_information_gap(test), 1, 0.1);  // a bin of a noise dimension tells a little by chance
  const Dci d = dci(train, test);
  EXPECT_GT(d.disentanglement, 0.98);
  EXPECT_GT(d.completeness, 0.98);
  EXPECT_EQ(d.informativeness, 1);
}

TEST(Factors, TwoDimensionsWithTheSameFactorLeaveNoGap) {
  const auto code = [](double a, double, double) { return std::vector{a, 2 * a}; };
  const FactorData data = made(1, code);
  EXPECT_NEAR(mutual_information_gap(data), 0, 0.01);
}

TEST(Factors, OneDimensionWithBothFactorsIsEntangled) {
  const auto code = [](double a, double b, double u) { return std::vector{a + 4 * b, u}; };
  const Dci d = dci(made(1, code), made(2, code));
  EXPECT_LT(d.disentanglement, 0.2);
  EXPECT_GT(d.completeness, 0.9);
  EXPECT_GT(d.informativeness, 0.8);
}

TEST(Factors, NoiseTellsNothing) {
  const auto code = [](double, double, double u) { return std::vector{u, 1 - u * u}; };
  const FactorData train = made(1, code), test = made(2, code);
  EXPECT_LT(mutual_information_gap(test), 0.05);
  EXPECT_LT(dci(train, test).informativeness, 0.35);
}

TEST(Forest, ItLearnsWhatNoSingleThresholdTells) {
  FeatureTable x{{}, 2};
  std::vector<int64_t> classes;
  for (uint64_t i = 0; i < 600; ++i) {
    Draws draws(3, 0, i);
    const double a = draws.uniform(), b = draws.uniform();
    x.values.insert(x.values.end(), {a, b});
    classes.push_back((a > 0.5) != (b > 0.5));
  }
  const Forest forest(x, classes, {});
  int64_t right = 0;
  for (int64_t i = 0; i < x.rows(); ++i) right += forest.predict(x, i) == classes[static_cast<size_t>(i)];
  EXPECT_GT(right, 570);
  EXPECT_NEAR(forest.importance()[0] + forest.importance()[1], 1, 1e-12);
}

}  // namespace
}  // namespace elbo::host
