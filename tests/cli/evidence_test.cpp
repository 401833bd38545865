// evaluate.evidence = "ladder" through the whole program, on models whose evidence is known.
#include <cmath>
#include <nlohmann/json.hpp>

#include "hdf5/file.hpp"
#include "log/run_log.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

class EvidenceOfRuns : public Program {
 protected:
  void run(const std::string& text, const std::string& out = "out") {
    write("x.toml", text);
    said_ = elbo("run x.toml --out " + out);
    ASSERT_EQ(said_.code, 0) << said_.err << said_.out;
  }

  fs::path folder_of(const std::string& variant, const std::string& out = "out") const {
    for (const auto& entry : fs::directory_iterator(scratch.path / out))
      if (entry.path().filename().string().starts_with(variant + "-seed")) return entry.path();
    return {};
  }

  std::vector<double> column(const fs::path& folder, const std::string& name) const {
    const h5::File file = h5::File::open(folder / "log.h5", h5::Mode::read);
    return file.dataset("/per_example/" + name).read<double>(0, file.dataset("/per_example/" + name).rows());
  }

  Said said_;
};

// The posterior of a linear decoder under normal noise is normal, so that the ladder is exact where the encoder's weights do not suffice.
// The same weights come close with 5000 samples.
TEST_F(EvidenceOfRuns, OfALinearModelIsExactAndCertified) {
  run("latent_dim = 2\n"
      "dataset = { name = \"linear_gaussian\", observe = \"real\", train = 500, test = 60 }\n"
      "encoder = { plugin = \"linear\" }\ndecoder = { plugin = \"linear\" }\n"
      "prior = { plugin = \"standard_normal\" }\n"
      "likelihood = { plugin = \"gaussian\", scale = \"fixed\", fixed_scale = 0.5 }\n"
      "train = { max_epochs = 2, batch_size = 20, optimizer = { lr = 1e-2 } }\nlog = { images = 0 }\n"
      "[[variant]]\nname = \"ladder\"\nevaluate = { evidence = \"ladder\", images = 40 }\n"
      "[[variant]]\nname = \"weights\"\nevaluate = { importance_samples = 5000, images = 40 }\n");
  EXPECT_TRUE(has(said_.out, "R8: log p(x) was estimated by different estimators (iwae, ladder(1))")) << said_.out;

  const fs::path ladder = folder_of("ladder");
  const log::RunSummary summary = log::read_summary(ladder / "log.h5");
  EXPECT_NEAR(summary.values.at("rung_normal") + summary.values.at("rung_encoder"), 1, 1e-12);
  EXPECT_GT(summary.values.at("rung_normal"), 0);
  EXPECT_EQ(summary.values.at("not_trusted"), 0);
  EXPECT_EQ(summary.values.at("log_px_images"), 40);
  EXPECT_EQ(summary.values.at("modes"), 1);
  EXPECT_LT(std::abs(summary.values.at("certificate_gap")), 0.02);
  EXPECT_LT(std::abs(summary.values.at("certificate_annealed")), 5 * summary.values.at("certificate_annealed_se"));
  EXPECT_LT(summary.values.at("passes"), 1500);
  EXPECT_FALSE(summary.values.contains("log_px_samples"));
  const Json key = Json::parse(summary.texts.at("measure_key"));
  EXPECT_EQ(key.at("estimator").at("name"), "ladder(1)");
  EXPECT_EQ(key.at("estimator").at("images"), 40);

  const auto exact = column(ladder, "log_px"), weights = column(folder_of("weights"), "log_px");
  double difference = 0;
  for (size_t i = 0; i < 40; ++i) {
    EXPECT_NEAR(exact[i], weights[i], 0.5) << i;  // an error of the weights: few of them count
    difference += (exact[i] - weights[i]) / 40;
  }
  EXPECT_NEAR(difference, 0, 0.02);
  EXPECT_LE(column(ladder, "rung")[39], 1);
  EXPECT_TRUE(std::isnan(column(ladder, "rung")[40])) << "only the first 40 are estimated";

  const Said compared = elbo("compare " + ladder.string());
  EXPECT_EQ(compared.code, 0) << compared.err;
  EXPECT_TRUE(has(compared.out, "log p(x) trustworthy on 100.0 % of test data; sandwich ")) << compared.out;
  EXPECT_TRUE(has(compared.out, "log p(x) first")) << compared.out;
  EXPECT_FALSE(has(compared.out, "lower bound on log p(x)")) << compared.out;

  const Said measured = elbo("evaluate " + folder_of("weights").string() + " --metrics evidence --json");
  ASSERT_EQ(measured.code, 0) << measured.err;
  for (const Json& value : Json::parse(measured.out).at("metrics").at(0).at("values")) {
    if (value.at("name") == "log_px") {
      EXPECT_NEAR(value.at("value"), summary.values.at("log_px"), 0.02);
    }
    if (value.at("name") == "not_trusted") {
      EXPECT_EQ(value.at("value"), 0);
    }
  }
}

// Two latents and a network: the ladder agrees with very many weights where those can be trusted, in float32 and in the program.
TEST_F(EvidenceOfRuns, OfBarsAgreesWithVeryManyWeightsAndItsTableSaysSo) {
  run("latent_dim = 3\nseeds = [1, 2]\n"
      "dataset = { name = \"bars\", observe = \"binary\", train = 500, test = 60 }\n"
      "encoder = { plugin = \"mlp\", hidden = [20] }\ndecoder = { plugin = \"mlp\", hidden = [20] }\n"
      "prior = { plugin = \"standard_normal\" }\nlikelihood = { plugin = \"bernoulli\" }\n"
      "train = { max_epochs = 10, batch_size = 20, optimizer = { lr = 3e-3 } }\nlog = { images = 0 }\n"
      "evaluate = { evidence = \"ladder\", images = 30, metrics = [\"bounds\"], bound_samples = [20000] }\n");
  EXPECT_TRUE(has(said_.out, "log p(x) trustworthy on at least ")) << said_.out;
  EXPECT_TRUE(has(said_.out, "nat, ladder(1)")) << said_.out;
  EXPECT_TRUE(has(read_file(scratch.path / "out/report.html"), "log p(x) trustworthy on "));
  for (const auto& entry : fs::directory_iterator(scratch.path / "out")) {
    if (!fs::exists(entry.path() / "evaluation.h5")) continue;
    const h5::File weights = h5::File::open(entry.path() / "evaluation.h5", h5::Mode::read);
    const auto many = weights.dataset("/bounds/log_px_each").read<double>(0, 1);
    const auto ladder = column(entry.path(), "log_px"), error = column(entry.path(), "monte_carlo_se"),
               rung = column(entry.path(), "rung");
    for (size_t i = 0; i < 30; ++i)
      if (rung[i] < 6) {
        EXPECT_NEAR(ladder[i], many[i], 5 * error[i] + 0.02) << i;
      }
  }
}

TEST_F(EvidenceOfRuns, IsRefusedWhereThereIsNoPosteriorOrNoEffect) {
  write("a.toml", tiny_model + "objective = { plugin = \"autoencoder\" }\nevaluate = { evidence = \"ladder\" }\n");
  const Said autoencoder = elbo("check a.toml");
  EXPECT_EQ(autoencoder.code, 2);
  EXPECT_TRUE(has(autoencoder.err, "evaluate.evidence is \"ladder\"")) << autoencoder.err;
  write("b.toml", tiny_model + "evaluate = { evidence = \"lader\" }\n");
  EXPECT_TRUE(has(elbo("check b.toml").err, "ladder"));
  write("c.toml", tiny_model + "evaluate = { evidence = \"ladder\", importance_samples = 7 }\n");
  EXPECT_TRUE(has(elbo("check c.toml").err, "evaluate.importance_samples"));
  expect_nothing_written();
}

}  // namespace
}  // namespace elbo::host
