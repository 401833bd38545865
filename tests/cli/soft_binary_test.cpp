// Cross-entropy on grey values: refused, and on request reported as the bound on binarised data that it is.
#include <nlohmann/json.hpp>

#include "log/run_log.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {

const std::string grey_model =
    "latent_dim = 2\n"
    "dataset = { path = \"grey.csv\", format = \"csv\" }\n"
    "encoder = { plugin = \"mlp\", hidden = [8] }\n"
    "decoder = { plugin = \"mlp\", hidden = [8] }\n"
    "prior = { plugin = \"standard_normal\" }\n"
    "likelihood = { plugin = \"bernoulli\" }\n"
    "train = { max_epochs = 3, batch_size = 20 }\n"
    "evaluate = { importance_samples = 50 }\n";

class SoftBinary : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    std::string rows;
    for (int i = 0; i < 200; ++i)
      rows +=
          std::to_string(i) + "," + std::to_string((37 * i) % 256) + "," + std::to_string((101 * i + 5) % 256) + "\n";
    write("grey.csv", rows);
  }
};

TEST_F(SoftBinary, OnGreyLevelsBernoulliIsRefusedAndThisIsAWayOut) {
  write("x.toml", grey_model);
  const Said said = elbo("check x.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(has(said.err, "likelihood:bernoulli: needs values in {0, 1}; ")) << said.err;
  EXPECT_TRUE(has(said.err,
                  "has 256 grey levels, whose cross-entropy is no likelihood (R3); set observe = \"binary\" "
                  "(binarize), or set observe = \"soft_binary\" "
                  "(cross-entropy, reported as the bound on binarised data that it is)"))
      << said.err;
}

TEST_F(SoftBinary, ItStandsBesideDynamicDrawsAsABoundWithoutARank) {
  write("x.toml",
        grey_model +
            "[[variant]]\nname = \"soft\"\ndataset = { observe = \"soft_binary\" }\n"
            "[[variant]]\nname = \"drawn\"\ndataset = { observe = \"binary\" }\n"
            "[[variant]]\nname = \"black or white\"\ndataset = { observe = \"binary\", binarize = \"threshold\" }\n");
  const Said said = elbo("run x.toml --out out");
  ASSERT_EQ(said.code, 0) << said.err << said.out;
  EXPECT_TRUE(
      has(said.out,
          "bernoulli: its cross-entropy on grey values is a lower bound of the mean of log p(x) over binary draws"));
  const Said compared = elbo("compare out --format json");
  const auto json = nlohmann::json::parse(compared.out);
  ASSERT_EQ(json.at("rankings").size(), 2u) << compared.out;
  EXPECT_EQ(json.at("apart").at(0).at("rule"), "R2");
  for (const auto& ranking : json.at("rankings")) {
    if (ranking.at("rows").size() == 1) continue;
    EXPECT_EQ(ranking.at("measure"), "mass on {0,1}, dynamic binarisation (test draw seed 1)");
    EXPECT_EQ(ranking.at("rows").at(1).at("variant"), "soft");
    EXPECT_FALSE(ranking.at("rows").at(1).at("ranked").get<bool>());
    EXPECT_TRUE(ranking.at("pairs").empty());
  }
}

TEST_F(SoftBinary, TheLogSaysWhatTheNumberIs) {
  write("x.toml", grey_model);
  ASSERT_EQ(elbo("run x.toml --out out --set dataset.observe=soft_binary").code, 0);
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path / "out")) {
    if (!std::filesystem::exists(entry.path() / "log.h5")) continue;
    const auto summary = log::read_summary(entry.path() / "log.h5");
    const auto key = nlohmann::json::parse(summary.texts.at("measure_key"));
    EXPECT_EQ(key.at("base"), "C2");
    EXPECT_EQ(key.at("binarisation"), "soft targets, a lower bound of the mean over dynamic draws");
    EXPECT_TRUE(has(summary.texts.at("audit"), "nat a data point, their entropy"));
  }
  const Said scored = elbo("score out --likelihood continuous_bernoulli");
  EXPECT_EQ(scored.code, 0) << scored.err;
  EXPECT_TRUE(has(scored.out, "mass on 256 levels")) << scored.out;
}

}  // namespace
}  // namespace elbo::host
