// `elbo compare` on logs as runs leave them: no training.
#include "compare_fixture.hpp"

namespace elbo::host {
namespace {

TEST_F(Compare, RanksFilesFoldersAndPatterns) {
  log_of("a/one", {"good", 1, {-10, -20, -30, -40}, on_levels});
  log_of("b/two", {"bad", 1, {-12, -21, -33, -42}, on_levels});
  for (const char* words : {"a/one/log.h5 b", "a b", "'*/*/log.h5'", "a a/one b/two"}) {
    const Said said = elbo(std::string("compare ") + words);
    EXPECT_EQ(said.code, 0) << said.err;
    EXPECT_LT(said.out.find("good"), said.out.find("bad")) << said.out;
    EXPECT_TRUE(has(said.out,
                    "the checkpoint of good beats the checkpoint of bad by 0.7213 bits/dim = 2.000 nat (95 % 0.2527 to "
                    "1.1899, these checkpoints)"))
        << said.out;
    EXPECT_TRUE(has(said.out, "R13: fewer than 3 seeds")) << said.out;
  }
}

TEST_F(Compare, KeepsOtherMeasuresApartAndSaysWhy) {
  log_of("a", {"one", 1, {-1, -2}, key("C2", "none", "dynamic, test draw seed 1"), "binary"});
  log_of("b", {"two", 1, {-1, -2}, key("C2", "none", "dynamic, test draw seed 2"), "binary"});
  log_of("c", {"three", 1, {-1, -2}, on_levels});
  const Said said = elbo("compare a b c");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "tables 1 and 2: R2: binarisation differs")) << said.out;
  EXPECT_TRUE(has(said.out, "tables 1 and 3: R1: one is a mass on {0,1}")) << said.out;
  EXPECT_FALSE(has(said.out, "beats")) << said.out;
}

TEST_F(Compare, EveryFormatIsWritten) {
  log_of("a", {"one", 1, {-1, -2, -3}, on_levels});
  log_of("b", {"two", 1, {-2, -3, -5}, on_levels});
  EXPECT_TRUE(has(elbo("compare a b --format csv").out, "\none,mass on 256 levels,x,yes,1,-3,"))
      << elbo("compare a b --format csv").out;
  EXPECT_TRUE(has(elbo("compare a b --format markdown").out, "| one |"));
  EXPECT_TRUE(has(elbo("compare a b --format latex").out, "\\begin{tabular}"));
  const auto json = nlohmann::json::parse(elbo("compare a b --format json").out);
  EXPECT_EQ(json.at("rankings").at(0).at("rows").size(), 2u);
}

TEST_F(Compare, MistakesAreSaidInOneSentence) {
  EXPECT_EQ(elbo("compare").code, 2);
  const Said nothing = elbo("compare nowhere");
  EXPECT_EQ(nothing.code, 2);
  EXPECT_TRUE(has(nothing.err, "nowhere: there is no log of a run")) << nothing.err;
  log_of("a", {"one", 1, {-1, -2}, on_levels});
  EXPECT_TRUE(has(elbo("compare a --format html").err, "--format html: not a format"))
      << elbo("compare a --format html").err;
}

TEST_F(Compare, ADamagedLogIsNamedAndTheOthersAreCompared) {
  log_of("a", {"one", 1, {-1, -2}, on_levels});
  std::filesystem::create_directories(scratch.path / "b");
  write("b/log.h5", "no HDF5");
  const Said said = elbo("compare a b");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.out, "is not an HDF5 file")) << said.out;
  EXPECT_TRUE(has(said.out, "one")) << said.out;
}

}  // namespace
}  // namespace elbo::host
