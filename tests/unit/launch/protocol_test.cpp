#include "launch/protocol.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace elbo::host::launch {

TEST(Protocol, AnEventComesBackAsItWas) {
  const Event event{.type = "epoch",
                    .epoch = 3,
                    .epochs = 10,
                    .fraction = 0.25,
                    .elbo = -101.5,
                    .has_elbo = true,
                    .per_second = 8300.5,
                    .seconds_left = 65,
                    .message = "two\nlines and \"quotes\""};
  const std::string line = to_line(event);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto back = event_from_line(line);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->type, "epoch");
  EXPECT_EQ(back->epoch, 3);
  EXPECT_EQ(back->epochs, 10);
  EXPECT_EQ(back->fraction, 0.25);
  EXPECT_TRUE(back->has_elbo);
  EXPECT_EQ(back->elbo, -101.5);
  EXPECT_EQ(back->per_second, 8300.5);
  EXPECT_EQ(back->seconds_left, 65);
  EXPECT_EQ(back->message, "two\nlines and \"quotes\"");
}

TEST(Protocol, WhatIsNotKnownStaysUnknown) {
  const auto back = event_from_line(to_line({.type = "started", .message = ""}));
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->has_elbo);
  EXPECT_EQ(back->seconds_left, -1);
  EXPECT_EQ(back->message, "");
}

TEST(Protocol, ADivergedElboSurvives) {
  for (const double bad : {std::nan(""), -std::numeric_limits<double>::infinity()}) {
    const auto back = event_from_line(to_line({.type = "epoch", .elbo = bad, .has_elbo = true, .message = ""}));
    ASSERT_TRUE(back);
    EXPECT_TRUE(back->has_elbo);
    EXPECT_TRUE(std::isnan(back->elbo));
  }
}

TEST(Protocol, MessagesThatAreNotUtf8DoNotThrow) {
  EXPECT_TRUE(event_from_line(to_line({.type = "failed", .message = "\xff\xfe"})));
}

TEST(Protocol, OtherLinesAreNoEvents) {
  for (const char* line : {"", "hello", "{", "[1, 2]", "17", R"({"loss": 3})", R"({"elbo-event": 5})",
                           R"({"elbo-event": "epoch", "epoch": "three"})"})
    EXPECT_FALSE(event_from_line(line)) << line;
}

}  // namespace elbo::host::launch
