// A table with columns of different kinds, from the file to the comparison.
#include "log/run_log.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {

class Composite : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    std::string table = "alcohol,pH,visits,red\n";
    for (int i = 0; i < 200; ++i)
      table += std::to_string(8 + i % 37 * 0.1) + "," + std::to_string(3 + i % 11 * 0.05) + "," +
               std::to_string(i * i % 7) + "," + std::to_string(i % 3 == 0) + "\n";
    write("table.csv", table);
  }

  void experiment(const std::string& variants) const {
    write("e.toml",
          "latent_dim = 2\nseeds = [1]\n"
          "dataset = { path = \"table.csv\", format = \"csv\", observe = \"columns\", standardize = true }\n"
          "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
          "prior.plugin = \"standard_normal\"\ntrain = { max_epochs = 2, batch_size = 20 }\n"
          "evaluate.importance_samples = 10\n" +
              variants);
  }
};

TEST_F(Composite, RanksWhatHasOneMeasure) {
  experiment(
      "[[variant]]\nname = \"poisson\"\nlikelihood = { plugin = \"composite\", columns = { \"visits\" = \"poisson\", "
      "\"red\" = \"bernoulli\" }, rest = { plugin = \"student_t\", scale = \"per_pixel\" } }\n"
      "[[variant]]\nname = \"negative binomial\"\nlikelihood = { plugin = \"composite\", columns = { \"red\" = "
      "\"bernoulli\", "
      "\"visits\" = \"negative_binomial\" }, rest = \"gaussian\" }\n"
      "[[variant]]\nname = \"categories\"\nlikelihood = { plugin = \"composite\", columns = { \"visits\" = "
      "\"categorical\", "
      "\"red\" = \"bernoulli\" }, rest = \"gaussian\" }\n");
  const Said run = elbo("run e.toml --out runs");
  ASSERT_EQ(run.code, 0) << run.err << run.out;
  EXPECT_TRUE(has(run.out, "measure: density on R (2 columns), mass on counts (1 column), mass on {0,1} (1 column)\n"))
      << run.out;
  EXPECT_TRUE(
      has(run.out, "measure: density on R (2 columns), mass on 5 levels (1 column), mass on {0,1} (1 column)\n"))
      << run.out;
  EXPECT_TRUE(has(run.out, "R1")) << run.out;
}

TEST_F(Composite, SaysWhichColumnDoesNotFit) {
  experiment("likelihood = { plugin = \"composite\", columns = { \"pH\" = \"poisson\" }, rest = \"gaussian\" }\n");
  const Said run = elbo("run e.toml --out runs");
  EXPECT_NE(run.code, 0);
  EXPECT_TRUE(has(run.err + run.out, "likelihood:poisson: scores the column 'pH' of table, which holds 3"))
      << run.err << run.out;
}

TEST_F(Composite, IsDescribed) {
  const Said said = elbo("plugins describe likelihood:composite");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "contains   likelihoods: columns = { \"NAME\" = \"LIKELIHOOD\", ... }")) << said.out;
}

}  // namespace
}  // namespace elbo::host
