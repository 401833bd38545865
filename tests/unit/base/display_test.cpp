#include "base/display.hpp"

#include <gtest/gtest.h>

namespace elbo::host {
namespace {

using Names = std::vector<std::string>;

TEST(Wrapped, NoLineIsWiderAndNoWordIsLost) {
  EXPECT_EQ(wrapped("one two three four", 9), "one two\n  three\n  four");
  EXPECT_EQ(wrapped("one two three four", 0), "one two three four");
  EXPECT_EQ(wrapped("one\n  two three\n", 9), "one\n  two\n    three\n");
  EXPECT_EQ(wrapped("a-word-that-is-too-long b", 5), "a-word-that-is-too-long\n  b");
  EXPECT_EQ(wrapped("größer größer", 6), "größer\n  größer");
  EXPECT_EQ(wrapped("", 5), "");
}

TEST(ShortNames, KeepWhatTellsThemApart) {
  EXPECT_EQ(short_names({"latent_dim=16", "latent_dim=128"}, 20), (Names{"latent_dim=16", "latent_dim=128"}));
  EXPECT_EQ(short_names({"latent_dim=16", "latent_dim=128"}, 12), (Names{"…16", "…128"}));
  EXPECT_EQ(short_names({"a=1 lr=0.01 b=2", "a=1 lr=0.001 b=2"}, 12), (Names{"…0.01…", "…0.001…"}));
  EXPECT_EQ(short_names({"an unlike name", "another one"}, 5), (Names{"an unlike name", "another one"}));
  EXPECT_EQ(short_names({"x=1", "x=1, y=1"}, 4), (Names{"…1", "…1, y=1"}));
  EXPECT_EQ(short_names({"latent_dim=größer", "latent_dim=größte"}, 9), (Names{"…größer", "…größte"}));
  EXPECT_EQ(short_names({"only one name"}, 5), Names{"only one name"});
  EXPECT_EQ(short_names({"the same", "the same"}, 5), (Names{"…same", "…same"}));
  EXPECT_TRUE(short_names({}, 5).empty());
}

}  // namespace
}  // namespace elbo::host
