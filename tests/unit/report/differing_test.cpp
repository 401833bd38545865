#include "report/differing.hpp"

#include <gtest/gtest.h>

namespace elbo::report {
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

TEST(Differing, OnlyWhatDiffersIsTold) {
  const Json table = differing_settings(
      {{"a", plan("gaussian", {{"scale", "shared"}}, 1)}, {"b", plan("laplace", {{"scale", "shared"}}, 2)}});
  EXPECT_EQ(table["settings"], Json({"likelihood.plugin"}));
  EXPECT_EQ(table["rows"][1]["values"], Json({"laplace"}));
}

TEST(Differing, ASettingThatOneVariantLacksIsNull) {
  const Json table =
      differing_settings({{"a", plan("gaussian", {{"scale", "shared"}})}, {"b", plan("bernoulli", Json::object())}});
  EXPECT_EQ(table["settings"], Json({"likelihood.plugin", "likelihood.scale"}));
  EXPECT_EQ(table["rows"][0]["values"], Json({"gaussian", "shared"}));
  EXPECT_EQ(table["rows"][1]["values"], Json({"bernoulli", nullptr}));
}

TEST(Differing, EqualPlansAndNone) {
  EXPECT_EQ(differing_settings({})["settings"], Json::array());
  EXPECT_EQ(differing_settings({{"a", plan("x", Json::object())}, {"b", plan("x", Json::object())}})["settings"],
            Json::array());
}

}  // namespace
}  // namespace elbo::report
