#include "page/numbers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace elbo::host::page {
namespace {

TEST(Numbers, SixDigitsAndNothingThatJsonCannotSay) {
  EXPECT_EQ(short_number(1234567.0).dump(), "1234570.0");
  EXPECT_EQ(short_number(-0.1234567891).dump(), "-0.123457");
  EXPECT_EQ(short_number(std::nan("")).dump(), "null");
  const double values[] = {1, std::numeric_limits<double>::infinity()};
  EXPECT_EQ(short_numbers(values).dump(), "[1.0,null]");
}

TEST(Numbers, ThinningKeepsBothEnds) {
  EXPECT_EQ(thinned(0, 5), (std::vector<size_t>{}));
  EXPECT_EQ(thinned(1, 5), (std::vector<size_t>{0}));
  EXPECT_EQ(thinned(4, 5), (std::vector<size_t>{0, 1, 2, 3}));
  EXPECT_EQ(thinned(101, 5), (std::vector<size_t>{0, 25, 50, 75, 100}));
}

TEST(Numbers, Base64IsThatOfRfc4648) {
  const auto of = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
  EXPECT_EQ(of(""), "");
  EXPECT_EQ(of("f"), "Zg==");
  EXPECT_EQ(of("fo"), "Zm8=");
  EXPECT_EQ(of("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace elbo::host::page
