// `elbo score` on a small run that is really trained, on data that the program makes.
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "program.hpp"

namespace elbo::host {
namespace {

const std::string scored_run =
    "latent_dim = 2\n"
    "dataset = { name = \"linear_gaussian\", observe = \"real\", train = 500, test = 200 }\n"
    "encoder = { plugin = \"linear\" }\n"
    "decoder = { plugin = \"linear\" }\n"
    "prior = { plugin = \"standard_normal\" }\n"
    "likelihood = { plugin = \"gaussian\", scale = \"fixed\", fixed_scale = 0.5 }\n"
    "train = { max_epochs = 20, batch_size = 20, optimizer = { lr = 1e-2 } }\n"
    "evaluate = { importance_samples = 50 }\n"
    "log = { images = 0 }\n";

class Score : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    write("x.toml", scored_run);
    const Said said = elbo("run x.toml --out out");
    ASSERT_EQ(said.code, 0) << said.err << said.out;
  }

  std::vector<nlohmann::json> scores(const std::string& words) const {
    const Said said = elbo("score out --json " + words);
    std::vector<nlohmann::json> lines;
    std::istringstream text(said.out);
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    EXPECT_FALSE(lines.empty()) << said.err;
    return lines;
  }
};

TEST_F(Score, AGaussianFitsItsOwnScaleAgainAndALaplaceIsWorse) {
  const auto lines = scores("--likelihood gaussian,laplace");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].at("scored_under"), "as trained");
  const double trained = lines[0].at("log_px"), gaussian = lines[1].at("log_px"), laplace = lines[2].at("log_px");
  EXPECT_NEAR(gaussian, trained, 0.3);  // the noise of the data has the scale that was fixed
  EXPECT_LT(laplace, gaussian);
  EXPECT_EQ(lines[1].at("fit"), "closed form");
  EXPECT_EQ(lines[2].at("fit"), "closed form");
  EXPECT_NEAR(std::exp(lines[1].at("fitted").at("log_scale").get<double>()), 0.5, 0.05);
  EXPECT_EQ(lines[1].at("measure"), lines[0].at("measure"));
}

TEST_F(Score, SeveralRunsAndLikelihoodsMakeAMatrixWithOneRowADecoder) {
  ASSERT_EQ(elbo("run x.toml --out wide --set seeds=[2,3] --set likelihood.fixed_scale=1").code, 0);
  const Said said = elbo("score 'out/*/log.h5' wide --likelihood gaussian,laplace --images 50");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "measure: density on R\n")) << said.out;
  EXPECT_TRUE(
      has(said.out, "log p(x) by the likelihood that scores, higher is better; 50 importance samples, 50 test data\n"))
      << said.out;
  std::vector<std::string> rows;
  std::istringstream text(said.out);
  for (std::string line; std::getline(text, line);)
    if (has(line, "  gaussian  ")) rows.push_back(line);
  ASSERT_EQ(rows.size(), 3u) << said.out;  // the header, too, has a column of that name
  EXPECT_TRUE(has(rows[0], "as trained") && has(rows[0], "laplace")) << rows[0];
  EXPECT_FALSE(has(rows[1], "±")) << rows[1];
  EXPECT_TRUE(has(rows[2], "±") && has(rows[2], "#2")) << rows[2];
  EXPECT_TRUE(has(said.out, "under laplace: log_scale ")) << said.out;
  EXPECT_TRUE(has(said.out, "(closed form)")) << said.out;
}

TEST_F(Score, ACopyOfARunIsNoOtherSeed) {
  std::filesystem::copy(scratch.path / "out", scratch.path / "again", std::filesystem::copy_options::recursive);
  const Said said = elbo("score out again --likelihood laplace --images 50");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_FALSE(has(said.out, "±")) << said.out;
  EXPECT_TRUE(has(said.out, "default, seed 1: was named more than once, or a copy of it")) << said.out;
}

TEST_F(Score, ALikelihoodOfOtherDataIsRefusedInWords) {
  const Said said = elbo("score out --likelihood bernoulli");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.out, "likelihood:bernoulli: needs values in {0, 1}")) << said.out << said.err;
}

TEST_F(Score, MistakesAreSaidInOneSentence) {
  EXPECT_TRUE(has(elbo("score out").err, "no likelihood is named"));
  EXPECT_TRUE(has(elbo("score nowhere --likelihood laplace").err, "there is no log of a run"));
  EXPECT_TRUE(has(elbo("score out --likelihood laplac").err, "laplace"));
  EXPECT_EQ(elbo("score out --likelihood laplace --set scal=1").code, 2);
}

}  // namespace
}  // namespace elbo::host
