// The tables of tests/vectors/likelihoods.json: log p at given constrained parameters, to float64 and float32.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "testing.hpp"

namespace elbo::testing {
namespace {

nlohmann::json table(const std::string& name) {
  static const nlohmann::json all = nlohmann::json::parse(std::ifstream(ELBO_SOURCE_DIR "/tests/vectors/likelihoods.json"));
  return all.at(name);
}

// A column of the table is a constrained parameter; the link's inverse makes it raw.
using Inverse = std::function<double(double)>;
double same(double y) { return y; }

// Soft bounds are set so far out that the vectors lie within them, and are inverted.
constexpr double far_below = -20;
double raised(double y) { return raise(y, far_below); }

struct Vectors {
  std::string plugin;
  std::vector<Setting> settings;
  std::vector<Inverse> inverse;  // one a parameter, in the table's order
  int64_t levels = 0;
};

std::ostream& operator<<(std::ostream& out, const Vectors& v) { return out << v.plugin; }

class VectorTable : public ::testing::TestWithParam<Vectors> {};

void expect_near(const Tensor& log_p, const nlohmann::json& rows, double relative, double absolute) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const double expected = rows[i].back(), found = log_p[0][static_cast<int64_t>(i)].item<double>();
    EXPECT_NEAR(found, expected, std::max(relative * std::abs(expected), absolute)) << rows[i].dump();
  }
}

TEST_P(VectorTable, agrees) {
  const Vectors& v = GetParam();
  const auto rows = table(v.plugin).at("rows");
  const auto likelihood = make_likelihood(v.plugin, {.shape = {1}, .levels = v.levels}, v.settings);
  std::vector<double> x, raw;
  for (const auto& row : rows) {
    x.push_back(row[0]);
    for (size_t i = 0; i < v.inverse.size(); ++i) raw.push_back(v.inverse[i](row[i + 1]));
  }
  const auto n = static_cast<int64_t>(rows.size());
  const Tensor data = doubles(x).view({n, 1}), parameters = doubles(raw).view({1, n, -1});
  ASSERT_EQ(numel(likelihood->params()), parameters.size(2));
  expect_near(likelihood->log_prob(data, theta_of(*likelihood, parameters)), rows, 1e-12, 1e-12);
  const Theta single = theta_of(*likelihood, parameters.to(at::kFloat));
  expect_near(likelihood->log_prob(data.to(at::kFloat), single), rows, 2e-6, 2e-6);
}

const std::vector<Setting> per_pixel = {{"scale", "per_pixel"}, {"min_log_scale", far_below}};

INSTANTIATE_TEST_SUITE_P(
    likelihoods, VectorTable,
    ::testing::Values(Vectors{"bernoulli", {}, {same}},
                      Vectors{"continuous_bernoulli", {{"max_logit", 1e5}}, {same}},
                      Vectors{"gaussian", per_pixel, {same, raised}}, Vectors{"laplace", per_pixel, {same, raised}},
                      Vectors{"discretized_logistic", {{"min_log_scale", far_below}}, {same, raised}, 256}),
    [](const auto& info) { return info.param.plugin; });

TEST(ContinuousBernoulli, has_the_moments_of_the_table) {
  const auto likelihood = make_likelihood("continuous_bernoulli", {.shape = {1}}, {{"max_logit", 1e5}});
  for (const auto& row : table("continuous_bernoulli moments").at("rows")) {
    const Theta theta = theta_of(*likelihood, doubles({row[0]}).view({1, 1, 1}));
    EXPECT_NEAR(likelihood->mean(theta).item<double>(), row[1], 1e-12);
    EXPECT_NEAR(likelihood->variance(theta)->item<double>(), row[2], 1e-12);
  }
}

TEST(ContinuousBernoulli, has_the_quantiles_of_the_table) {
  const auto likelihood = make_likelihood("continuous_bernoulli", {.shape = {1}}, {{"max_logit", 1e5}});
  for (const auto& row : table("continuous_bernoulli quantiles").at("rows")) {
    const Theta theta = theta_of(*likelihood, doubles({row[1]}).view({1, 1, 1}));
    const auto below = likelihood->interval_log_prob(doubles({0}).view({1, 1}), doubles({row[2]}).view({1, 1}), theta);
    EXPECT_NEAR(below->exp().item<double>(), row[0], 1e-9) << row.dump();
  }
}

// A family of the table "tiles": the mass of [k/256, (k+1)/256), where a real-valued one folds its tails in.
struct Tiles {
  std::string plugin, family;
  std::vector<Setting> settings;
  std::vector<double> raw;
};

std::ostream& operator<<(std::ostream& out, const Tiles& t) { return out << t.family; }

class TileTable : public ::testing::TestWithParam<Tiles> {};

TEST_P(TileTable, agrees) {
  const Tiles& t = GetParam();
  const auto likelihood = make_likelihood(t.plugin, {.shape = {1}}, t.settings);
  const bool folds = likelihood->support() == Support::real;
  const Tensor k = at::arange(256, at::kDouble).view({256, 1});
  const Tensor lo = folds ? (k / 256).masked_fill(k == 0, -infinity()) : k / 256;
  const Tensor hi = folds ? ((k + 1) / 256).masked_fill(k == 255, infinity()) : (k + 1) / 256;
  const Tensor raw = doubles(t.raw).expand({1, 256, -1});
  const Tensor log_mass = likelihood->interval_log_prob(lo, hi, theta_of(*likelihood, raw)).value()[0];
  EXPECT_NEAR(log_mass.exp().sum().item<double>(), 1, 1e-12);
  const Tensor single = likelihood->interval_log_prob(lo.to(at::kFloat), hi.to(at::kFloat),
                                                      theta_of(*likelihood, raw.to(at::kFloat))).value()[0];
  for (const auto& row : table("tiles").at(t.family)) {
    const double expected = row[1];
    EXPECT_NEAR(log_mass[row[0].get<int64_t>()].item<double>(), expected, 1e-9 * std::abs(expected)) << row.dump();
    EXPECT_NEAR(single[row[0].get<int64_t>()].item<double>(), expected, 2e-6 * std::max(1., -expected)) << row.dump();
  }
}

INSTANTIATE_TEST_SUITE_P(
    likelihoods, TileTable,
    ::testing::Values(Tiles{"gaussian", "Gauss(0.5,e^-2)", per_pixel, {0.5, raised(-2)}},
                      Tiles{"gaussian", "Gauss(0.02,0.01)", per_pixel, {0.02, raised(std::log(0.01))}},
                      Tiles{"gaussian", "Gauss(0.5,0.001)", per_pixel, {0.5, raised(std::log(0.001))}},
                      Tiles{"laplace", "Laplace(0.3,0.05)", per_pixel, {0.3, raised(std::log(0.05))}},
                      Tiles{"continuous_bernoulli", "CB(a=-20)", {{"max_logit", 1e5}}, {-20}},
                      Tiles{"continuous_bernoulli", "CB(a=3)", {{"max_logit", 1e5}}, {3}}));

}  // namespace
}  // namespace elbo::testing
