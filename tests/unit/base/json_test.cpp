#include "base/json.hpp"

#include <gtest/gtest.h>

#include <elbo/error.hpp>

namespace elbo::host {
namespace {

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string refusal(const std::string& text) {
  try {
    parse_json(text, "run.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST(Json, IsReadAsDeepAsTheProgramWritesAndNoDeeper) {
  EXPECT_TRUE(parse_json(nested(deepest_json), "x").is_array());
  EXPECT_EQ(refusal(nested(deepest_json + 1)), "run.json: has JSON nested more than 200 deep; expected less");
  EXPECT_NE(refusal(std::string(400'000, '{')), "");
  EXPECT_TRUE(json_or_discarded(nested(400'000)).is_discarded());
}

TEST(Json, BracketsInQuotesAreNoNesting) {
  const std::string many(1000, '[');
  EXPECT_EQ(parse_json("{\"a\": \"" + many + "\\\"" + many + "\"}", "x").at("a"), many + "\"" + many);
}

TEST(Json, HasNoTextThatATerminalWouldObey) {
  const auto json =
      parse_json(R"({"a\u001b[2J": ["\u001b[31mred", "\u202edrow", "tab\tand\nline", "\u009b", "caf\u00e9"]})", "x");
  EXPECT_EQ(json.dump(),
            "{\"a\uFFFD[2J\":[\"\uFFFD[31mred\",\"\uFFFDdrow\",\"tab\\tand\\nline\",\"\uFFFD\",\"café\"]}");
}

TEST(Json, WhatIsNoJsonIsSaidWithItsPlace) {
  EXPECT_EQ(refusal("{\"a\": nan}"),
            "run.json: is not JSON from byte 8 on; expected a file that elbo wrote; restore it or repeat the run");
  EXPECT_NE(refusal(""), "");
  EXPECT_TRUE(json_or_discarded("{").is_discarded());
}

TEST(Json, AMemberOfAnotherKindIsNone) {
  const auto json = parse_json(R"({"seed": "two", "variant": 7, "id": "a"})", "x");
  EXPECT_EQ(member_or(json, "seed", int64_t{1}), 1);
  EXPECT_EQ(member_or(json, "variant", "none"), "none");
  EXPECT_EQ(member_or(json, "id", "none"), "a");
  EXPECT_EQ(member_or(json["seed"], "id", "none"), "none");
}

TEST(Json, TheLibrarysExceptionsSpeakWithoutTheirNames) {
  try {
    parse_json(R"({"a": 1})", "x").at("b");
    FAIL();
  } catch (const nlohmann::json::exception& error) {
    EXPECT_EQ(reason_of(error), "key 'b' not found");
  }
}

}  // namespace elbo::host
