// The numbers of /summary, computed from numbers of single data that are easily worked out by hand.
#include "metrics/summary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <numbers>

namespace elbo::host {
namespace {

using Columns = std::map<std::string, std::vector<double>>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::map<std::string, double> summary_of(const Columns& columns, DatumColumns data = {}) {
  data.column = [&](const std::string& name) {
    const auto found = columns.find(name);
    return found == columns.end() ? nullptr : &found->second;
  };
  std::map<std::string, double> values;
  for (const auto& [metric, compute] : summary_metrics())
    if (const auto value = compute ? compute(metric, data) : std::nullopt) values[metric] = *value;
  return values;
}

TEST(Summary, OfNoColumnsIsEmpty) { EXPECT_TRUE(summary_of({}).empty()); }

TEST(Summary, TermsAreMeansOverAllData) {
  const auto values = summary_of({{"elbo", {-3, -5}}, {"reconstruction", {-2, -3}}, {"kl", {1, 2}}}, {.dimensions = 2});
  EXPECT_EQ(values.at("elbo"), -4);
  EXPECT_EQ(values.at("reconstruction"), -2.5);
  EXPECT_EQ(values.at("kl"), 1.5);
  EXPECT_EQ(values.at("non_finite"), 0);
  EXPECT_DOUBLE_EQ(values.at("bits_per_dim"), 4 / (2 * std::numbers::ln2));
  EXPECT_EQ(values.size(), 5u);
}

TEST(Summary, TheEstimateIsOfTheFirstDataOnly) {
  const auto values = summary_of({{"elbo", {-3, -5, -100}},
                                  {"log_px", {-2, -4, nan}},
                                  {"bias", {-0.25, -0.75, nan}},
                                  {"ess", {10, 30, nan}},
                                  {"pareto_k", {0.1, 0.2, nan}},
                                  {"exact_log_px", {-1, -2, -7}}},
                                 {.estimated = 2, .dimensions = 1, .samples = 50, .images = 2});
  EXPECT_EQ(values.at("elbo"), -36);
  EXPECT_EQ(values.at("log_px"), -3);
  EXPECT_DOUBLE_EQ(values.at("log_px_se"), 1);  // sd sqrt(2), of two
  EXPECT_EQ(values.at("gap"), 1);               // against -4, the elbo of the same data
  EXPECT_EQ(values.at("log_px_bias"), -0.5);
  EXPECT_EQ(values.at("ess_median"), 10);
  EXPECT_EQ(values.at("ess_low"), 10);
  EXPECT_EQ(values.at("pareto_k_high"), 0);
  EXPECT_EQ(values.at("exact_log_px"), -1.5);
  EXPECT_DOUBLE_EQ(values.at("log_px_minus_exact_se"), 0.5);  // differences -1 and -2
  EXPECT_DOUBLE_EQ(values.at("bits_per_dim"), 3 / std::numbers::ln2);
  EXPECT_EQ(values.at("log_px_samples"), 50);
  EXPECT_EQ(values.at("log_px_images"), 2);
}

TEST(Summary, TheBiasIsNotKnownWhereWeightsCannotBeTrusted) {
  EXPECT_TRUE(std::isnan(summary_of({{"bias", {-1, -1}}, {"pareto_k", {0.9, 0.9}}}).at("log_px_bias")));
  EXPECT_TRUE(std::isnan(summary_of({{"bias", {-1, -1}}}).at("log_px_bias")));
}

TEST(Summary, OfALadderHasErrorsOfTheTrustedDataAndTheShareOfEachRung) {
  const auto values = summary_of({{"log_px", {-2, -4, -5, -9, nan}},
                                  {"bias", {-0.1, -0.3, -0.2, nan, nan}},
                                  {"pareto_k", {0.1, 0.9, 0.2, 3, nan}},
                                  {"monte_carlo_se", {0.3, 0.4, 1.2, nan, nan}},
                                  {"rung", {2, 0, 2, 6, nan}},
                                  {"passes", {1000, 500, 1200, 9000, nan}}},
                                 {.estimated = 4, .images = 4});
  EXPECT_EQ(values.at("log_px"), -5);
  EXPECT_NEAR(values.at("log_px_bias"), -0.2, 1e-15);
  EXPECT_NEAR(values.at("monte_carlo_se"), 1.3 / 3, 1e-15);
  EXPECT_EQ(values.at("not_trusted"), 0.25);
  EXPECT_EQ(values.at("rung_encoder"), 0.25);
  EXPECT_EQ(values.at("rung_refined"), 0.5);
  EXPECT_EQ(values.at("rung_annealed"), 0);
  EXPECT_EQ(values.at("passes"), 2925);
  EXPECT_FALSE(values.contains("pareto_k_high"));  // the rung says it
}

TEST(Summary, BoundsThatAreNotFiniteAreCounted) {
  EXPECT_EQ(summary_of({{"elbo", {-1, -INFINITY, nan}}}).at("non_finite"), 2);
  EXPECT_EQ(summary_of({{"elbo", {nan, nan}}, {"log_px", {-1, -1}}}).at("non_finite"), 0);
}

TEST(Summary, ValidationDataHaveColumnsOfTheirOwn) {
  const auto values = summary_of({{"valid/elbo", {-1, -2, -3}}});
  EXPECT_EQ(values.at("valid_elbo"), -2);
  EXPECT_EQ(values.at("valid_data"), 3);
}

}  // namespace
}  // namespace elbo::host
