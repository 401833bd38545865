#include "report/results/setting_columns.hpp"

#include <gtest/gtest.h>

#include <map>

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

TEST(SettingColumns, AreOfOneTypeEach) {
  const auto with = [](const Json& optimizer, const Json& options) {
    Json one = plan("gaussian", options);
    one["optimizer"] = optimizer;
    return one;
  };
  const auto columns =
      setting_columns({with({{"lr", 0.1}, {"nesterov", true}}, {{"hidden", {1, 2}}, {"first", 3}}),
                       with({{"lr", 1}, {"nesterov", false}}, {{"hidden", {3}}, {"scale", "shared"}})});
  std::map<std::string, SettingColumn> by_name;
  for (const SettingColumn& column : columns) by_name[column.name] = column;
  ASSERT_EQ(by_name.size(), 5u);
  EXPECT_EQ(by_name.at("train.optimizer.lr").type, SettingColumn::Type::number);
  EXPECT_EQ(by_name.at("train.optimizer.nesterov").type, SettingColumn::Type::boolean);
  EXPECT_EQ(by_name.at("likelihood.first").type, SettingColumn::Type::integer);
  EXPECT_EQ(by_name.at("likelihood.first").text(1), "") << "only one of them has it";
  EXPECT_EQ(by_name.at("likelihood.scale").text(1), "shared");
  EXPECT_EQ(by_name.at("likelihood.hidden").text(0), "[1,2]");
}

TEST(SettingColumns, HoldWhatIsSweptThoughAllRunsHaveOneValue) {
  Json one = plan("gaussian", {{"scale", "shared"}});
  one["sweep"] = {{"of", ""}, {"keys", {"latent_dim", "likelihood.scale"}}, {"points", 1}};
  const auto columns = setting_columns({one, one});
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0].name, "latent_dim");
  EXPECT_EQ(columns[0].type, SettingColumn::Type::integer);
  EXPECT_EQ(varied_settings(one), "latent_dim = 2, likelihood.scale = shared");
}

}  // namespace
}  // namespace elbo::host::report
