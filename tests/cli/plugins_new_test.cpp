// What `elbo plugins new` says; that what it writes builds, passes and compares is in tests/third_party.
#include "cli/program.hpp"

namespace elbo::host {
namespace {

using PluginsNew = Program;

TEST_F(PluginsNew, SaysWhatComesNext) {
  const Said said = elbo("plugins new prior heavy_tails");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "heavy_tails.cpp is in heavy_tails\n")) << said.out;
  EXPECT_TRUE(has(said.out, "\n  cd heavy_tails\n  cmake --workflow --preset default")) << said.out;
  EXPECT_TRUE(exists("heavy_tails/heavy_tails.cpp"));
  EXPECT_EQ(elbo("plugins new prior heavy_tails elsewhere/mine").code, 0);
  EXPECT_TRUE(exists("elsewhere/mine/heavy_tails.cpp"));
}

TEST_F(PluginsNew, RefusesWhatIsThereAlready) {
  EXPECT_EQ(elbo("plugins new prior heavy_tails").code, 0);
  const Said again = elbo("plugins new prior heavy_tails");
  EXPECT_EQ(again.code, 2);
  EXPECT_EQ(again.err, "elbo: heavy_tails: is there already; expected a folder to be made; name another one\n");

  const Said shipped = elbo("plugins new likelihood gaussian");
  EXPECT_EQ(shipped.code, 2);
  EXPECT_TRUE(has(shipped.err, "elbo: likelihood:gaussian: there is such a plugin already (")) << shipped.err;
  EXPECT_FALSE(exists("gaussian"));
}

TEST_F(PluginsNew, RefusesWordsItDoesNotUnderstand) {
  EXPECT_EQ(elbo("plugins new prior").err,
            "elbo plugins new: found 'prior' after it; expected KIND NAME [DIR], as in likelihood my_noise\n");
  EXPECT_EQ(elbo("plugins new posterior mine").err,
            "elbo: posterior:mine: 'posterior' is not a kind of plugin; there are: encoder, decoder, prior, "
            "likelihood, objective\n");
}

}  // namespace
}  // namespace elbo::host
