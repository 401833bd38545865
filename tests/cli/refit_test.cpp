// A trained model at work: priors that are fitted to it, runs that begin with its weights, estimates that were made later.
#include <fmt/format.h>

#include <cmath>
#include <fstream>

#include "apply_fixture.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class Refit : public ApplyTest {
 protected:
  /// A run whose test data are its training data, so that its log holds their posteriors.
  void train_and_test_on_the_same(const std::string& more = "evaluate.importance_samples = 20\n",
                                  const std::string& of_data = "") {
    std::vector<Line> rows;
    for (Line row : people()) rows.push_back({row[0], row[1], row[2]});
    write("numbers.csv", text_of({"height", "weight", "visits"}, rows));
    const std::string data =
        "dataset = { path = \"numbers.csv\", test_path = \"numbers.csv\", observe = \"real\", "
        "standardize = true" +
        of_data + " }\n";
    write("s.toml", "name = \"s\"\nlatent_dim = 2\nseeds = [1]\n" + data +
                        "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
                        "prior.plugin = \"standard_normal\"\nlikelihood.plugin = \"gaussian\"\n"
                        "train = { max_epochs = 20, batch_size = 20 }\n" +
                        more);
    const Said said = elbo("run s.toml --out source");
    ASSERT_EQ(said.code, 0) << said.out << said.err;
    source = only_run("source");
  }
  fs::path only_run(const std::string& out) const {
    for (const auto& entry : fs::directory_iterator(scratch.path / out))
      if (entry.is_directory()) return entry.path();
    return {};
  }
  static double summary(const fs::path& run, const std::string& name) {
    return h5::File::open(run / "log.h5", h5::Mode::read).number("/summary/" + name);
  }
  static std::vector<double> last_latents(const fs::path& run, const std::string& name) {
    const h5::Dataset all = h5::File::open(run / "log.h5", h5::Mode::read).dataset("/latents/" + name);
    return all.read<double>(all.rows() - 1, 1);
  }

  fs::path source;
};

/// The smallest mean KL(q(z|x) || p(z)) that a normal p with a diagonal covariance can have: that with the moments of the mean of all q.
double least_kl_of_a_diagonal_normal(const std::vector<double>& mean, const std::vector<double>& scale,
                                     size_t latents) {
  const size_t rows = mean.size() / latents;
  double kl = 0;
  for (size_t j = 0; j < latents; ++j) {
    double sum = 0, squares = 0, logs = 0;
    for (size_t i = j; i < mean.size(); i += latents) {
      sum += mean[i];
      squares += mean[i] * mean[i] + scale[i] * scale[i];
      logs += std::log(scale[i]);
    }
    const auto n = static_cast<double>(rows);
    kl += 0.5 * std::log(squares / n - sum / n * (sum / n)) - logs / n;
  }
  return kl;
}

TEST_F(Refit, ADiagonalNormalReachesItsLeastKlAndNothingElseChanges) {
  train_and_test_on_the_same();
  const Said said = elbo(
      "refit source --prior diagonal_normal --out fitted --set train.max_epochs=400 --set "
      "train.batch_size=200 --set train.optimizer.lr=0.02");
  ASSERT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_TRUE(has(said.out, "begins with the weights of " + source.filename().string() +
                                "; the prior is another one than there and begins anew"))
      << said.out;
  EXPECT_TRUE(has(said.out, "elbo compare ")) << said.out;
  const fs::path fitted = only_run("fitted");
  EXPECT_EQ(summary(fitted, "reconstruction"), summary(source, "reconstruction")) << "bit for bit";
  EXPECT_EQ(last_latents(fitted, "mean"), last_latents(source, "mean"));
  const double least = least_kl_of_a_diagonal_normal(last_latents(source, "mean"), last_latents(source, "scale"), 2);
  EXPECT_NEAR(summary(fitted, "kl"), least, 1e-4);
  EXPECT_GT(summary(source, "kl"), least + 1e-3);
  const Said compared = elbo("compare source fitted");
  EXPECT_EQ(compared.code, 0) << compared.err;
  EXPECT_TRUE(has(compared.out, "default with diagonal_normal")) << compared.out;
}

TEST_F(Refit, StopsByValidationDataWhereThereAreSome) {
  train_and_test_on_the_same("evaluate.importance_samples = 20\n", ", valid = 40");
  const Said text = elbo("refit source --prior realnvp --print");
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_TRUE(has(text.out, "early_stopping = { patience = 10 }")) << text.out;
  EXPECT_TRUE(has(text.out, "freeze = [\"encoder\", \"decoder\", \"likelihood\"]")) << text.out;
  write("printed.toml", text.out);
  EXPECT_EQ(elbo("check printed.toml").code, 0) << elbo("check printed.toml").err;
}

TEST_F(Refit, ADeterministicAutoencoderGetsADensityOfItsCodes) {
  train_and_test_on_the_same("objective.plugin = \"autoencoder\"\n");
  const Said said = elbo("refit source --prior diagonal_normal --out fitted --set train.max_epochs=3");
  ASSERT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_TRUE(has(said.out, "ex post, no bound")) << said.out;
  EXPECT_EQ(summary(only_run("fitted"), "reconstruction"), summary(source, "reconstruction"));
}

TEST_F(Refit, ATrainingBeginsWhereAnotherEnded) {
  train_and_test_on_the_same();
  const std::string start = " --set train.start_from=" + source.string();
  const Said said = elbo("run s.toml --out on --set train.max_epochs=1" + start);
  ASSERT_EQ(said.code, 0) << said.out << said.err;
  const h5::File file = h5::File::open(only_run("on") / "log.h5", h5::Mode::read);
  const h5::File former = h5::File::open(source / "log.h5", h5::Mode::read);
  const double first = file.dataset("/train/elbo").read<double>(0, 1)[0];
  EXPECT_GT(first, former.dataset("/train/elbo").read<double>(9, 1)[0]) << "better than half way through the other";
  const Said half = elbo("run s.toml --out half --set train.max_epochs=2 --set 'train.freeze=[\"encoder\"]'" + start);
  ASSERT_EQ(half.code, 0) << half.out << half.err;
  EXPECT_EQ(last_latents(only_run("half"), "mean"), last_latents(source, "mean"));
  EXPECT_NE(summary(only_run("half"), "reconstruction"), summary(source, "reconstruction"));
  EXPECT_EQ(elbo("run s.toml --out half --set train.max_epochs=2 --set 'train.freeze=[\"encoder\"]'" + start).code, 0);
}

TEST_F(Refit, AComparisonTakesTheLadderThatWasMeasuredAfterTheRun) {
  train_and_test_on_the_same();
  const Said before = elbo("compare source --format json");
  ASSERT_EQ(elbo("evaluate source --metrics evidence --set images=50").code, 0);
  const Said after = elbo("compare source");
  EXPECT_TRUE(has(after.out, "log p(x) of 1 run is that of evaluation.h5, a ladder of estimators")) << after.out;
  EXPECT_TRUE(has(after.out, "ladder")) << after.out;
  EXPECT_FALSE(has(before.out, "evaluation.h5"));
  const h5::File file = h5::File::open(source / "evaluation.h5", h5::Mode::read);
  const Said csv = elbo("compare source --format csv");
  EXPECT_TRUE(has(csv.out, fmt::format("{:.4f}", file.number("/evidence/log_px")).substr(0, 6))) << csv.out;
}

TEST_F(Refit, MistakesAreNamed) {
  train_and_test_on_the_same();
  const auto refused = [&](const std::string& words, const std::string& sentence) {
    const Said said = elbo(words);
    EXPECT_NE(said.code, 0) << words;
    EXPECT_TRUE(has(said.out + said.err, sentence)) << said.out << said.err;
  };
  refused("refit source", "no --prior; expected the name of a prior");
  refused("refit --prior realnvp", "no run is given");
  refused("refit source --prior realnpv --out a", "realnvp");
  refused("refit source --prior diagonal_normal --out a --set encoder.hidden=[9]", "is no setting of the prior");
  refused("refit source --prior diagonal_normal --out a --set 'train.freeze=[]'", "is no setting of the prior");
  EXPECT_FALSE(exists("a"));
  refused("run s.toml --out b --set train.start_from=nowhere", "is no folder of a finished run");
  refused("run s.toml --out c --set 'train.freeze=[\"encoder\"]'", "start_from");
  const std::string start = " --set train.start_from=" + source.string();
  refused("run s.toml --out d --set encoder.hidden=[9] --set 'train.freeze=[\"encoder\"]'" + start,
          "it is another one than that of");
  refused("run s.toml --out e --set 'train.freeze=[\"encoder\",\"decoder\",\"likelihood\"]'" + start,
          "no part that is trained has parameters");
}

TEST_F(Refit, WeightsThatAreNotThoseTheRunEndedWithAreRefused) {
  train_and_test_on_the_same();
  std::string weights = read_file(source / "weights.safetensors");
  weights.back() ^= 1;
  std::ofstream(source / "weights.safetensors", std::ios::binary) << weights;
  const Said said = elbo("run s.toml --out on --set train.max_epochs=1 --set train.start_from=" + source.string());
  EXPECT_NE(said.code, 0);
  EXPECT_TRUE(has(said.out + said.err, "is not what that run ended with")) << said.out << said.err;
}

TEST_F(Refit, OnDataThatHaveChangedItIsRefused) {
  train_and_test_on_the_same();
  write("numbers.csv", read_file(scratch.path / "numbers.csv") + "1.8,70,3\n");
  const Said said = elbo("refit source --prior diagonal_normal --out a");
  EXPECT_EQ(said.code, 2) << said.out << said.err;
  EXPECT_TRUE(has(said.err, "numbers.csv")) << said.err;
}

// Whose plan is copied into an experiment file, which is run.
TEST_F(Refit, OptionsOfAForeignPlanBecomeNoLinesOfTheFile) {
  train_and_test_on_the_same();
  std::string plan = read_file(source / "run.json");
  const size_t at = plan.find("\"hidden\"");
  ASSERT_NE(at, std::string::npos);
  plan.replace(at, 8, "\"hidden = [8]\\npath = '/tmp/theirs.so'\\nx\"");
  std::ofstream(source / "run.json") << plan;
  const Said said = elbo("refit source --prior realnvp --print");
  EXPECT_EQ(said.code, 2) << said.out;
  EXPECT_TRUE(has(said.err, "whose name is none; expected letters, digits, _ and -")) << said.err;
}

}  // namespace
}  // namespace elbo::host
