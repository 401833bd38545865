#include "base/text.hpp"

#include <gtest/gtest.h>

namespace elbo::host {
namespace {

TEST(Text, NamesOfFoldersKeepTheLettersOfEveryScript) {
  EXPECT_EQ(slug("My exp, 2!"), "my-exp-2");
  EXPECT_EQ(slug("実験一"), "実験一");
  EXPECT_EQ(slug("実験一", 7), "実験") << "cut between characters";
  EXPECT_EQ(slug("abcdef", 3), "abc");
  EXPECT_EQ(slug("?!"), "unnamed");
}

}  // namespace
}  // namespace elbo::host
