// tests/vectors/extremes.json, made by extremes.py beside it: log p, interval masses, their gradients and the moments of every
// likelihood at parameters from ordinary to extreme ones, in float64 and float32.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

using nlohmann::json;

const json& extremes() {
  static const json all = json::parse(std::ifstream(ELBO_SOURCE_DIR "/tests/vectors/extremes.json"));
  return all;
}

std::vector<std::string> names_of_groups() {
  std::vector<std::string> names;
  for (const auto& [name, group] : extremes().items()) names.push_back(name);
  return names;
}

std::vector<Setting> settings_of(const json& group) {
  std::vector<Setting> settings;
  for (const auto& [name, value] : group.at("settings").items()) {
    if (value.is_string()) settings.push_back({name, value.get<std::string>()});
    else if (value.is_number_integer()) settings.push_back({name, value.get<int64_t>()});
    else settings.push_back({name, value.get<double>()});
  }
  return settings;
}

double end_of(const json& end) {
  return end.is_string() ? (end == "inf" ? infinity() : -infinity()) : end.get<double>();
}

struct Precision {
  at::ScalarType type;
  double value, slope;    // what may be wrong: of max(1, |value|), and of a gradient or a moment itself
  double rest;            // of a gradient that passes through 0: what cancels there, in parts of max(1, |x|)
  double least, largest;  // magnitudes that the type holds
};

constexpr Precision float64 = {at::kDouble, 1e-12, 1e-9, 1e-14, 1e-290, 1e300},
                    float32 = {at::kFloat, 2e-6, 1e-5, 1e-7, 1e-36, 3e38};

void expect_value(double found, double expected, const Precision& p, const std::string& what) {
  EXPECT_NEAR(found, expected, p.value * std::max(1., std::abs(expected))) << what;
}

void expect_relative(double found, double expected, double rest, const Precision& p, const std::string& what) {
  if (std::abs(expected) > p.largest) return;
  EXPECT_NEAR(found, expected, p.slope * std::abs(expected) + p.least + rest) << what;
}

double largest_of(const json& values) {
  double largest = 1;
  for (const json& v : values) largest = std::max(largest, std::isfinite(end_of(v)) ? std::abs(end_of(v)) : 1);
  return largest;
}

class Extremes : public ::testing::TestWithParam<std::tuple<std::string, Precision>> {
 protected:
  const Precision& precision() const { return std::get<1>(GetParam()); }
  const json& group() const { return extremes().at(std::get<0>(GetParam())); }

  std::shared_ptr<Likelihood> likelihood() const {
    return make_likelihood(group().at("plugin"),
                           {.shape = group().at("shape").get<Shape>(), .levels = group().at("levels")},
                           settings_of(group()));
  }
  Tensor tensor(const json& values) const {
    std::vector<double> flat;
    for (const json& v : values) flat.push_back(end_of(v));
    return doubles(flat).to(precision().type);
  }
  Tensor datum(const json& values) const { return tensor(values).view(Shape{1} + group().at("shape").get<Shape>()); }

  void expect_log_and_gradient(const Tensor& log_p, const Tensor& raw, double expected, const json& gradient,
                               double size, const std::string& what) const {
    EXPECT_EQ(log_p.scalar_type(), precision().type) << what;
    if (std::abs(expected) <= precision().largest) expect_value(log_p.item<double>(), expected, precision(), what);
    log_p.sum().backward();
    const Tensor found = raw.grad().flatten();
    for (size_t i = 0; i < gradient.size(); ++i)
      expect_relative(found[static_cast<int64_t>(i)].item<double>(), gradient[i], precision().rest * size, precision(),
                      what + ", gradient " + std::to_string(i));
  }
};

TEST_P(Extremes, agree_with_the_table) {
  const auto distribution = likelihood();
  for (const json& row : group().at("rows")) {
    const Tensor raw = tensor(row["raw"]).view({1, 1, -1}).requires_grad_();
    const std::string what = "x " + row["x"].dump() + " raw " + row["raw"].dump();
    expect_log_and_gradient(distribution->log_prob(datum(row["x"]), theta_of(*distribution, raw)), raw, row["log_prob"],
                            row["gradient"], largest_of(row["x"]), what);
    const at::NoGradGuard no_gradients;
    EXPECT_EQ(distribution->log_prob(datum(row["x"]), theta_of(*distribution, raw)).scalar_type(), precision().type)
        << what;
    if (!row.contains("mean")) continue;
    expect_relative(distribution->mean(theta_of(*distribution, raw)).item<double>(), row["mean"], 0, precision(),
                    "mean, raw " + row["raw"].dump());
    expect_relative(distribution->variance(theta_of(*distribution, raw))->item<double>(), row["variance"], 0,
                    precision(), "variance, raw " + row["raw"].dump());
  }
}

TEST_P(Extremes, interval_masses_agree_with_the_table) {
  const auto distribution = likelihood();
  for (const json& row : group().at("rows")) {
    if (!row.contains("mass")) continue;
    const Tensor raw = tensor(row["raw"]).view({1, 1, -1}).requires_grad_();
    const auto mass =
        distribution->interval_log_prob(datum(json::array({row["interval"][0]})),
                                        datum(json::array({row["interval"][1]})), theta_of(*distribution, raw));
    expect_log_and_gradient(*mass, raw, row["mass"], row["mass_gradient"], largest_of(row["interval"]),
                            "interval " + row["interval"].dump() + " raw " + row["raw"].dump());
  }
}

INSTANTIATE_TEST_SUITE_P(likelihoods, Extremes,
                         ::testing::Combine(::testing::ValuesIn(names_of_groups()),
                                            ::testing::Values(float64, float32)),
                         [](const auto& info) {
                           return std::get<0>(info.param) +
                                  (std::get<1>(info.param).type == at::kDouble ? "_float64" : "_float32");
                         });

}  // namespace
}  // namespace elbo::host::testing
