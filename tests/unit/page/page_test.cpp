#include "page/page.hpp"

#include <gtest/gtest.h>

#include <elbo/error.hpp>
#include <nlohmann/json.hpp>

namespace elbo::host::page {
namespace {

TEST(Page, JsonCannotEndItsScript) {
  const nlohmann::json data = {{"name", "</script><script>alert(1)</script> <!-- & \"quoted\" \u00e4"}};
  const std::string safe = safe_in_script(data.dump());
  EXPECT_EQ(safe.find_first_of("<>&"), std::string::npos) << safe;
  EXPECT_EQ(nlohmann::json::parse(safe), data) << "it is still the same JSON";
}

TEST(Page, EveryMarkIsReplacedByItsPart) {
  const std::string page = "<style><!--STYLE--></style><!--LIBRARY-->|<!--DATA-->|<!--SCRIPT-->";
  EXPECT_EQ(fill(page, "s", "l", "c", "{\"a\": \"<!--SCRIPT-->\"}"),
            "<style>s</style>l|{\"a\": \"\\u003c!--SCRIPT--\\u003e\"}|c");
  EXPECT_THROW(fill("<!--STYLE-->", "", "", "", ""), Error);
}

}  // namespace
}  // namespace elbo::host::page
