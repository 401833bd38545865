// The tables of tests/vectors/likelihoods.json: log p at given constrained parameters, to float64 and float32.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include <elbo/distributions.hpp>
#include <elbo/tensor.hpp>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

nlohmann::json table(const std::string& name) {
  static const nlohmann::json all =
      nlohmann::json::parse(std::ifstream(ELBO_SOURCE_DIR "/tests/vectors/likelihoods.json"));
  return all.at(name);
}

// A column of the table is a constrained parameter; the link's inverse makes it raw.
using Inverse = std::function<double(double)>;
double same(double y) { return y; }

// Soft bounds are set so far out that the vectors lie within them, and are inverted.
constexpr double far_below = -20;
double raised(double y) { return raise(y, far_below); }

// The t whose soft_bound(t, -40, 40) is y; where it differs from y at all Newton's first steps find it.
double bounded(double y) {
  double t = y;
  for (int i = 0; i < 5; ++i) t += y - soft_bound(doubles({t}), -40, 40).item<double>();
  return t;
}
double bounded_log(double y) { return bounded(std::log(y)); }
double log_of(double y) { return std::log(y); }
double softened(double y) { return raise(y, 0.1) - 0.1; }  // softplus(t) + 0.1, from the smallest min_dof

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

const std::vector<Setting> wide_beta = {{"min_log_concentration", -40.}, {"max_log_concentration", 40.}};
const std::vector<Setting> per_pixel = {{"scale", "per_pixel"}, {"min_log_scale", far_below}};

INSTANTIATE_TEST_SUITE_P(
    likelihoods, VectorTable,
    ::testing::Values(
        Vectors{"bernoulli", {}, {same}}, Vectors{"continuous_bernoulli", {{"max_logit", 1e5}}, {same}},
        Vectors{"gaussian", per_pixel, {same, raised}}, Vectors{"laplace", per_pixel, {same, raised}},
        Vectors{"discretized_logistic", {{"min_log_scale", far_below}}, {same, raised}, 256},
        Vectors{"student_t",
                {{"scale", "per_pixel"}, {"min_log_scale", far_below}, {"dof", "per_pixel"}, {"min_dof", 0.1}},
                {same, raised, softened}},
        Vectors{"logit_normal", per_pixel, {same, raised}}, Vectors{"truncated_normal", per_pixel, {same, raised}},
        Vectors{"beta_binomial", {{"max_log_concentration", 40.}}, {bounded_log, bounded_log}, 256},
        Vectors{"binomial", {}, {same}, 256}, Vectors{"poisson", {}, {same}},
        Vectors{"negative_binomial", {{"dispersion", "per_pixel"}, {"max_log_dispersion", 40.}}, {log_of, bounded_log}},
        Vectors{"zero_inflated_negative_binomial",
                {{"dispersion", "per_pixel"}, {"max_log_dispersion", 40.}},
                {log_of, bounded_log, same}}),
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
  const Tensor single =
      likelihood->interval_log_prob(lo.to(at::kFloat), hi.to(at::kFloat), theta_of(*likelihood, raw.to(at::kFloat)))
          .value()[0];
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
                      Tiles{"continuous_bernoulli", "CB(a=3)", {{"max_logit", 1e5}}, {3}},
                      Tiles{"beta", "Beta(0.5,0.5)", wide_beta, {0, 0}},
                      Tiles{"beta", "Beta(2,5)", wide_beta, {std::log(0.4), std::log(7)}},
                      Tiles{"logit_normal", "LogitNormal(0,1)", per_pixel, {0, raised(0)}},
                      Tiles{"truncated_normal", "TruncN01(0.2,0.3)", per_pixel, {0.2, raised(std::log(0.3))}}));

// The table gives alpha and beta, the plugin takes the logit of the mean and the log of alpha + beta.
TEST(Beta, agrees_with_the_table) {
  const auto likelihood = make_likelihood("beta", {.shape = {1}}, wide_beta);
  for (const auto& row : table("beta").at("rows")) {
    const double alpha = row[1], beta = row[2], expected = row[3];
    const Tensor raw = doubles({std::log(alpha / beta), std::log(alpha + beta)}).view({1, 1, 2}),
                 x = doubles({row[0]}).view({1, 1});
    EXPECT_NEAR(likelihood->log_prob(x, theta_of(*likelihood, raw)).item<double>(), expected,
                1e-12 * std::max(1., std::abs(expected)) * std::max(1., 1e-6 * (alpha + beta)))
        << row.dump();
    const Tensor single = likelihood->log_prob(x.to(at::kFloat), theta_of(*likelihood, raw.to(at::kFloat)));
    // Rounding the parameters to float32 moves the mean of a narrow distribution itself by some of its widths.
    if (alpha + beta < 1e4) {
      EXPECT_NEAR(single.item<double>(), expected, 2e-6 * std::max(1., std::abs(expected))) << row.dump();
    }
  }
}

TEST(Categorical, agrees_with_the_table) {
  const auto likelihood = make_likelihood("categorical", {.shape = {1}, .levels = 256});
  const Tensor j = at::arange(256, at::kDouble);
  const std::map<std::string, Tensor> logits = {{"zero", j * 0},
                                                {"j / 16", j / 16},
                                                {"-(j - 100)^2 / 200", -(j - 100).square() / 200},
                                                {"1000 at 3", (j == 3) * 1000.},
                                                {"10000 + j / 100", 10000 + j / 100}};
  for (const auto& row : table("categorical").at("rows")) {
    const Tensor raw = logits.at(row[0]).view({1, 1, 256}), x = doubles({row[1]}).view({1, 1});
    const double expected = row[2];
    EXPECT_NEAR(likelihood->log_prob(x, theta_of(*likelihood, raw)).item<double>(), expected,
                1e-12 * std::max(1., -expected));
    // In float32 the logits 10000 + j / 100 are rounded already: what they became is what is scored.
    const Tensor single = raw.to(at::kFloat);
    const double rounded = likelihood->log_prob(x, theta_of(*likelihood, single.to(at::kDouble))).item<double>();
    EXPECT_NEAR(likelihood->log_prob(x.to(at::kFloat), theta_of(*likelihood, single)).item<double>(), rounded,
                2e-6 * std::max(1., -expected))
        << row.dump();
  }
}

// mpmath at 110 digits, of these float32 numbers; float64 has the digits of x log(rate) from there on itself
TEST(Poisson, keeps_the_digits_of_large_counts_in_float32) {
  const auto likelihood = make_likelihood("poisson", {.shape = {1}});
  const std::vector<std::array<double, 3>> rows = {{711487907692544, 34.19837951660156, -18.178006752383343},
                                                   {2.5553766233816433e+18, 42.38473129272461, -22.288329976279744},
                                                   {1.0000000150474662e+30, 69.07759857177734, -3.841398663956798e+20}};
  for (const auto& [x, log_rate, expected] : rows) {
    const Tensor raw = doubles({log_rate}).view({1, 1, 1}).to(at::kFloat);
    const Tensor found = likelihood->log_prob(doubles({x}).view({1, 1}).to(at::kFloat), theta_of(*likelihood, raw));
    EXPECT_NEAR(found.item<double>(), expected, -1e-6 * expected) << x;
  }
}

// mpmath at 110 digits, of these float32 numbers
TEST(Categorical, keeps_the_digits_of_a_level_that_is_nearly_certain) {
  const auto likelihood = make_likelihood("categorical", {.shape = {1}, .levels = 4});
  const std::vector<std::pair<std::vector<double>, double>> rows = {
      {{-11.30046272277832, 11.419553756713867, 1.0794490575790405, -3.0919876098632812}, -3.2809097370160075e-05},
      {{-35, 1, -34, -24}, -1.388880632882661e-11}};
  for (const auto& [logits, expected] : rows) {
    const Tensor raw = doubles(logits).view({1, 1, 4}), x = doubles({1}).view({1, 1});
    EXPECT_NEAR(likelihood->log_prob(x, theta_of(*likelihood, raw)).item<double>(), expected, -1e-12 * expected);
    EXPECT_NEAR(likelihood->log_prob(x.to(at::kFloat), theta_of(*likelihood, raw.to(at::kFloat))).item<double>(),
                expected, -5e-6 * expected);
  }
}

// mpmath at 110 digits; of one trial
TEST(Multinomial, keeps_the_digits_of_a_small_variance) {
  const auto likelihood = make_likelihood("multinomial", {.shape = {2}});
  for (const auto& [logit, expected] :
       std::vector<std::pair<double, double>>{{-30, 9.357622968838423e-14}, {-60, 8.75651076269652e-27}})
    for (const auto type : {at::kDouble, at::kFloat}) {
      const Tensor variance =
          *likelihood->variance(theta_of(*likelihood, doubles({0, logit}).view({1, 1, 2}).to(type)));
      for (int64_t i = 0; i < 2; ++i)
        EXPECT_NEAR(variance.flatten()[i].item<double>(), expected, (type == at::kFloat ? 1e-6 : 1e-12) * expected);
    }
}

TEST(Multinomial, agrees_with_the_table) {
  const auto likelihood = make_likelihood("multinomial", {.shape = {3}});
  for (const auto& row : table("multinomial").at("rows")) {
    const Tensor x = doubles(row[0].get<std::vector<double>>()).view({1, 3});
    const Tensor raw = doubles(row[1].get<std::vector<double>>()).view({1, 1, 3});
    const double expected = row[2];
    EXPECT_NEAR(likelihood->log_prob(x, theta_of(*likelihood, raw)).item<double>(), expected,
                1e-12 * std::max(1., -expected));
    const Tensor single = likelihood->log_prob(x.to(at::kFloat), theta_of(*likelihood, raw.to(at::kFloat)));
    EXPECT_NEAR(single.item<double>(), expected, 2e-6 * std::max(1., -expected)) << row.dump();
  }
}

// Parameters of two components in the order of params(): weight, loc, log_scale and, in RGB, coefficient.
void expect_mixture(const std::string& name, const Shape& shape, const std::vector<double>& raw) {
  const auto likelihood = make_likelihood("discretized_logistic_mixture", {.shape = shape, .levels = 256},
                                          {{"components", int64_t{2}}, {"min_log_scale", far_below}});
  const Tensor parameters = doubles(raw).view({1, 1, -1});
  for (const auto& row : table("discretized_logistic_mixture " + name).at("rows")) {
    const auto values = row[0].is_array() ? row[0].get<std::vector<double>>() : std::vector<double>{row[0]};
    const Tensor x = doubles(values).view(Shape{1} + shape);
    const double expected = row[1];
    EXPECT_NEAR(likelihood->log_prob(x, theta_of(*likelihood, parameters)).item<double>(), expected, -1e-12 * expected);
    const Tensor single = likelihood->log_prob(x.to(at::kFloat), theta_of(*likelihood, parameters.to(at::kFloat)));
    EXPECT_NEAR(single.item<double>(), expected, 2e-6 * std::max(1., -expected)) << row.dump();
  }
}

// d E[sigmoid(loc + t)] / d loc at loc = 0 for t ~ N(0, 1): the mean of sigmoid'(t), by the trapezoidal rule at a step of 0.001.
TEST(LogitNormal, has_a_mean_with_a_gradient_at_0) {
  const Tensor loc = doubles({0}).requires_grad_();
  logit_normal_moments(loc, doubles({0})).mean.sum().backward();
  EXPECT_NEAR(loc.grad().item<double>(), 0.20662096414190698, 1e-10);
}

TEST(DiscretizedLogisticMixture, agrees_with_the_table_on_grey) {
  expect_mixture("grey", {1}, {0, 1, -0.5, 0.5, raised(-3), raised(-2)});
}

TEST(DiscretizedLogisticMixture, agrees_with_the_table_on_colour) {
  std::vector<double> raw = {0, 0.5, -0.2, 0.1, 0.3, 0.6, 0.5, -0.4};
  for (const double s : {-2., -3., -2.5, -4., -1.5, -3.}) raw.push_back(raised(s));
  for (const double c : {0.5, -0.3, 0.2, 1., 0., -0.7}) raw.push_back(c);
  expect_mixture("rgb", {3, 1, 1}, raw);
}

}  // namespace
}  // namespace elbo::host::testing
