// A table with missing values, from the file to the comparison: the bound is on log p of the observed values.
#include <cmath>

#include "hdf5/file.hpp"
#include "log/run_log.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {

class MissingValues : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    std::string table = "height,weight,visits,kind\n";
    for (int i = 0; i < 200; ++i)
      table += (i % 7 == 3 ? "NA" : std::to_string(1.5 + i % 37 * 0.01)) + "," +
               (i % 5 == 1 ? "" : std::to_string(50 + i * i % 41 * 0.5)) + "," +
               (i % 11 == 2 ? "?" : std::to_string(i * i % 7)) + "," +
               (i % 13 == 4 ? "NA"
                : i % 3     ? "x"
                            : "y") +
               "\n";
    table += "NA,NA,NA,NA\n";
    write("table.csv", table);
  }

  void experiment(const std::string& data, const std::string& variants) const {
    write("e.toml",
          "latent_dim = 2\nseeds = [1]\n"
          "dataset = { path = \"table.csv\", observe = \"columns\", standardize = true" +
              data +
              " }\n"
              "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
              "prior.plugin = \"standard_normal\"\ntrain = { max_epochs = 3, batch_size = 20 }\n" +
              variants);
  }

  static constexpr const char* likelihood =
      "likelihood = { plugin = \"composite\", columns = { \"visits\" = \"poisson\", \"kind\" = \"categorical\" }, rest "
      "= "
      "\"gaussian\" }\n";
};

TEST_F(MissingValues, AreLeftOutOfEveryNumber) {
  experiment(
      "",
      std::string(likelihood) +
          "evaluate.metrics = [\"reconstruction\", \"bounds\", \"aggregate\"]\n"
          "[[variant]]\nname = \"elbo\"\n[[variant]]\nname = \"iwae\"\nobjective = { plugin = \"iwae\", samples = 5 }\n"
          "[[variant]]\nname = \"dreg\"\nobjective = { plugin = \"iwae\", samples = 5, gradient = \"dreg\" }\n"
          "[[variant]]\nname = \"vamp\"\nprior.plugin = \"vamp\"\n"
          "[[variant]]\nname = \"wake-sleep\"\nobjective.plugin = \"wake_sleep\"\n");
  const Said run = elbo("run e.toml --out runs");
  ASSERT_EQ(run.code, 0) << run.err << run.out;
  EXPECT_TRUE(has(run.out, "of the observed values (")) << run.out;
  EXPECT_FALSE(has(run.out + run.err, "nan")) << run.out << run.err;
  EXPECT_FALSE(has(run.out + run.err, "not conforming")) << run.out << run.err;
  int logs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path / "runs")) {
    if (!entry.is_directory()) continue;
    ++logs;
    const h5::File log = h5::File::open(entry.path() / "log.h5", h5::Mode::read);
    for (const char* name : {"elbo", "reconstruction", "log_px", "without_latents"}) {
      const std::string dataset = std::string("/per_example/") + name;
      if (!log.has(dataset)) continue;
      for (const double value : log.dataset(dataset).read<double>(0, log.dataset(dataset).rows()))
        EXPECT_TRUE(std::isfinite(value)) << entry.path() << dataset;
    }
  }
  EXPECT_EQ(logs, 5);
}

TEST_F(MissingValues, DroppedRowsAreOtherData) {
  experiment("", std::string(likelihood) +
                     "evaluate.importance_samples = 10\n[[variant]]\nname = \"mask\"\n"
                     "[[variant]]\nname = \"drop\"\ndataset.missing = \"drop\"\n");
  const Said run = elbo("run e.toml --out runs");
  ASSERT_EQ(run.code, 0) << run.err << run.out;
  EXPECT_TRUE(has(run.out, "R1")) << run.out;
  EXPECT_TRUE(has(run.out, "rows have missing values and are left out")) << run.out;
}

TEST_F(MissingValues, ALikelihoodThatCannotLeaveThemOutSaysSo) {
  experiment(
      "",
      "likelihood = { plugin = \"composite\", columns = { \"visits\" = \"poisson\", \"kind\" = \"categorical\" }, rest "
      "= { plugin = \"gaussian\", scale = \"optimal\" } }\n");
  const Said run = elbo("run e.toml --out runs");
  EXPECT_NE(run.code, 0);
  EXPECT_TRUE(
      has(run.out + run.err,
          "likelihood:gaussian: scores its values of the columns rest together and cannot leave missing ones out"))
      << run.out << run.err;
  EXPECT_TRUE(has(run.out + run.err, "missing = \"drop\"")) << run.out << run.err;
}

TEST_F(MissingValues, AreDroppedUnderEveryOtherObservation) {
  experiment("", "likelihood.plugin = \"gaussian\"\n");
  const Said said = elbo("check e.toml --set dataset.observe=real --set 'dataset.select=\"1-3\"'");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "78 of 201 rows have missing values and are left out")) << said.out;
}

}  // namespace
}  // namespace elbo::host
