#include "report/results/setting_columns.hpp"

#include <gtest/gtest.h>

namespace elbo::host::report {
namespace {
using Json = nlohmann::ordered_json;

Json plan(const std::string& likelihood, const Json& settings, int seed = 1) {
  return {
      {"experiment", "e"},
      {"seed", seed},
      {"latent_dim", 2},
      {"likelihood", {{"plugin", likelihood}, {"path", "/x/" + likelihood}, {"sha256", "1"}, {"settings", settings}}},
      {"log", {{"images", seed}}}};
}

TEST(SettingsDiff, OnlyWhatDiffersIsTold) {
  const Json table = settings_diff(
      {{"a", plan("gaussian", {{"scale", "shared"}}, 1)}, {"b", plan("laplace", {{"scale", "shared"}}, 2)}});
  EXPECT_EQ(table["settings"], Json({"likelihood.plugin"}));
  EXPECT_EQ(table["rows"][1]["values"], Json({"laplace"}));
}

TEST(SettingsDiff, ASettingThatOneVariantLacksIsNull) {
  const Json table =
      settings_diff({{"a", plan("gaussian", {{"scale", "shared"}})}, {"b", plan("bernoulli", Json::object())}});
  EXPECT_EQ(table["settings"], Json({"likelihood.plugin", "likelihood.scale"}));
  EXPECT_EQ(table["rows"][0]["values"], Json({"gaussian", "shared"}));
  EXPECT_EQ(table["rows"][1]["values"], Json({"bernoulli", nullptr}));
}

TEST(SettingsDiff, EqualPlansAndNone) {
  EXPECT_EQ(settings_diff({})["settings"], Json::array());
  EXPECT_EQ(settings_diff({{"a", plan("x", Json::object())}, {"b", plan("x", Json::object())}})["settings"],
            Json::array());
}

}  // namespace
}  // namespace elbo::host::report
