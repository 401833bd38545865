// What a trained model may not take from the test data (R5), and that these are scored as they are stored (R14).
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class TestData : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    setenv("ELBO_DATASET_PATH", scratch.path.c_str(), 1);
  }
  void TearDown() override { unsetenv("ELBO_DATASET_PATH"); }

  /// A data set with a file for each part, and a small experiment on it.
  void experiment(const std::string& name, const std::string& support, const std::string& train,
                  const std::string& test, const std::string& likelihood) const {
    write(name + "_train.csv", train);
    write(name + "_test.csv", test);
    const auto rows = [](const std::string& text) {
      return std::to_string(std::count(text.begin(), text.end(), '\n') - 1);
    };
    write(name + ".toml",
          "title = \"t\"\nsource = \"s\"\nlicence = \"l\"\ncitation = \"c\"\nformat = \"csv\"\nshape = [1]\n"
          "support = \"" +
              support + "\"\nfolders = [\"" + scratch.path.string() +
              "\"]\n"
              "[splits]\ntrain = " +
              rows(train) + "\ntest = " + rows(test) +
              "\n"
              "[files]\ntrain_x = { name = \"" +
              name + "_train.csv\" }\ntest_x = { name = \"" + name +
              "_test.csv\" }\n"
              "[get]\nhow = \"it is there\"\n");
    write("experiment_" + name + ".toml",
          "latent_dim = 1\ndataset = { name = \"" + name + "\", observe = \"" + support +
              "\" }\n"
              "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
              "prior.plugin = \"standard_normal\"\nlikelihood = " +
              likelihood +
              "\n"
              "train = { max_epochs = 2, batch_size = 50 }\nevaluate.importance_samples = 20\n");
  }

  std::string run(const std::string& name) const {
    const Said said = elbo("run experiment_" + name + ".toml --out out_" + name);
    EXPECT_EQ(said.code, 0) << said.err;
    return said.out;
  }

  std::string weights(const std::string& name) const {
    for (const auto& entry : fs::recursive_directory_iterator(scratch.path / ("out_" + name)))
      if (entry.path().filename() == "weights.safetensors") return read_file(entry.path());
    return "";
  }

  static std::string rows(int count, double scale) {
    std::string text = "a\n";
    for (int i = 0; i < count; ++i) text += std::to_string(scale * (0.5 + 0.4 * std::sin(i))) + "\n";
    return text;
  }
};

TEST_F(TestData, NoParameterIsMadeFromThem) {
  const std::string optimal = "{ plugin = \"gaussian\", scale = \"optimal\" }";
  experiment("one", "real", rows(300, 1), rows(40, 1), optimal);
  experiment("other", "real", rows(300, 1), rows(40, 3), optimal);
  run("one");
  run("other");
  ASSERT_GT(weights("one").size(), 100u);
  EXPECT_TRUE(weights("one") == weights("other")) << "training saw the test data";

  const auto score = [&](const std::string& name) {
    const Said said = elbo("score out_" + name + " --json --likelihood laplace");
    return nlohmann::json::parse(said.out.substr(said.out.find('\n') + 1));
  };
  const auto one = score("one"), other = score("other");
  EXPECT_NE(one.at("log_px"), other.at("log_px"));
  EXPECT_EQ(one.at("fitted"), other.at("fitted")) << "the scale was fitted to the test data";
}

// An exact 0 has no finite density under a beta distribution: it is counted and said, not moved inwards.
TEST_F(TestData, AreNotMovedIntoTheSupport) {
  experiment("shares", "unit_interval", rows(300, 1), rows(40, 1) + "0\n", "{ plugin = \"beta\" }");
  const std::string said = run("shares");
  EXPECT_TRUE(has(said, "R12")) << said;
  EXPECT_TRUE(has(said, "the bound of 1 test data is not finite")) << said;
}

}  // namespace
}  // namespace elbo::host
