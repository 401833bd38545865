#include "evaluate/metrics/probes.hpp"

#include <gtest/gtest.h>

#include <elbo/random.hpp>

namespace elbo::host {
namespace {

/// Points around the corners of a square; `label_of` the corner's number.
ProbeData corners(const std::vector<int64_t>& label_of, double noise) {
  ProbeData data;
  const auto points = [&](int64_t n, uint64_t seed, std::vector<int64_t>& labels) {
    Tensor x = noise * Rng(seed).normal({1, n, 2}).squeeze(0).to(at::kDouble);
    for (int64_t i = 0; i < n; ++i) {
      x[i][0] += static_cast<double>(i % 2);
      x[i][1] += static_cast<double>(i / 2 % 2);
      labels.push_back(label_of[static_cast<size_t>(i % 4)]);
    }
    return x;
  };
  data.train = points(400, 1, data.train_labels);
  data.test = points(200, 2, data.test_labels);
  return standardized(data);
}

TEST(Probes, SeparateClassesAreTold) {
  const ProbeData data = corners({3, 5, 8, 13}, 0.05);  // labels need not be 0, 1, ...
  EXPECT_EQ(neighbour_accuracy(data, 15), 1);
  EXPECT_EQ(linear_probe(data).accuracy, 1);
}

TEST(Probes, NeighboursSeeWhatALineCannot) {
  const ProbeData data = corners({0, 1, 1, 0}, 0.05);
  EXPECT_EQ(neighbour_accuracy(data, 15), 1);
  EXPECT_LT(linear_probe(data).accuracy, 0.8);
}

TEST(Probes, NoiseTellsNothing) {
  ProbeData data = corners({0, 0, 1, 1}, 0.05);
  data.train = Rng(3).normal({1, 400, 2}).squeeze(0).to(at::kDouble);
  data.test = Rng(4).normal({1, 200, 2}).squeeze(0).to(at::kDouble);
  EXPECT_NEAR(neighbour_accuracy(data, 15), 0.5, 0.15);
  EXPECT_NEAR(linear_probe(data).accuracy, 0.5, 0.15);
}

TEST(Probes, ATieGoesToTheNearerClass) {
  const auto line = [](std::vector<double> x) {
    return tensor_of(x, {static_cast<int64_t>(x.size()), 1}).to(at::kDouble);
  };
  const ProbeData data{line({0, 1, 3, 10}), line({1.4}), {7, 4, 7, 4}, {4}};
  EXPECT_EQ(neighbour_accuracy(data, 2), 1);  // neighbours 1 (class 4) and 0 (class 7)
  EXPECT_EQ(neighbour_accuracy(data, 1), 1);
  EXPECT_EQ(neighbour_accuracy(data, 3), 0);   // 7 twice
  EXPECT_EQ(neighbour_accuracy(data, 99), 1);  // all four: a tie again
}

TEST(Probes, DimensionsAreMeasuredInTheirOwnDeviation) {
  const ProbeData s = standardized({tensor_of({0, 5, 2, 5}, {2, 2}), tensor_of({1, 7}, {1, 2}), {0, 1}, {0}});
  EXPECT_EQ(s.train[1][0].item<double>(), 1);
  EXPECT_EQ(s.train[1][1].item<double>(), 0);  // never varies
  EXPECT_EQ(s.test[0][0].item<double>(), 0);
}

}  // namespace
}  // namespace elbo::host
