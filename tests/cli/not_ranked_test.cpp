// Runs whose numbers cannot be what they are called stand in no ranking, whichever way the program is asked.
#include <hdf5.h>

#include <nlohmann/json.hpp>

#include "log/layout.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {

namespace fs = std::filesystem;

const std::string planted = ELBO_BUILD_DIR "/tests/planted_faults";

/// A table of three real columns, or the binary data that the program makes itself.
class NotRanked : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    ::setenv("ELBO_PLUGIN_PATH", planted.c_str(), 1);
    ::setenv("ELBO_CACHE", (scratch.path / "cache").c_str(), 1);
    std::string table = "a,b,c\n";
    for (int i = 0; i < 200; ++i)
      table += std::to_string(i % 37 * 0.1 + i % 2) + "," + std::to_string(i % 11 * 0.3) + "," +
               std::to_string(i % 7 - 0.1 * (i % 13)) + "\n";
    write("table.csv", table);
  }
  void TearDown() override {
    ::unsetenv("ELBO_PLUGIN_PATH");
    ::unsetenv("ELBO_CACHE");
  }

  void on_table(const std::string& more) const {
    write(
        "e.toml",
        "latent_dim = 2\ndataset = { path = \"table.csv\", format = \"csv\", observe = \"real\", standardize = true }\n"
        "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
        "prior.plugin = \"standard_normal\"\ntrain = { max_epochs = 2, batch_size = 20 }\nevaluate.importance_samples "
        "= 10\n" +
            more);
  }
  void on_bars(const std::string& more) const { write("e.toml", (has(more, "evaluate.") ? tiny_model : tiny) + more); }

  fs::path log_of(const std::string& variant) const {
    for (const auto& entry : fs::directory_iterator(scratch.path / "runs"))
      if (entry.path().filename().string().starts_with(variant + "-seed")) return entry.path() / "log.h5";
    return {};
  }
};

/// Writes one number over, as an editor of HDF5 files would.
void overwrite(const fs::path& file, const std::string& dataset, hsize_t row, double value) {
  const hid_t opened = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT),
              data = H5Dopen2(opened, dataset.c_str(), H5P_DEFAULT);
  const hid_t space = H5Dget_space(data), one = H5Screate(H5S_SCALAR);
  if (H5Sget_simple_extent_ndims(space) > 0) H5Sselect_elements(space, H5S_SELECT_SET, 1, &row);
  EXPECT_GE(H5Dwrite(data, H5T_NATIVE_DOUBLE, one, space, H5P_DEFAULT, &value), 0) << dataset;
  H5Sclose(one), H5Sclose(space), H5Dclose(data), H5Fclose(opened);
}

void remove_dataset(const fs::path& file, const std::string& dataset) {
  const hid_t opened = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  EXPECT_GE(H5Ldelete(opened, dataset.c_str(), H5P_DEFAULT), 0);
  H5Fclose(opened);
}

const std::string two_latents =
    "[[variant]]\nname = \"two\"\nlatent_dim = 2\n[[variant]]\nname = \"three\"\nlatent_dim = 3\n";

TEST_F(NotRanked, ASummaryThatItsNumbersOfEachDatumContradict) {
  on_bars("evaluate.importance_samples = 10\n" + two_latents);
  ASSERT_EQ(elbo("run e.toml --out runs").code, 0);
  overwrite(log_of("two"), "/summary/elbo", 0, -1.25);
  for (const std::string& line :
       {std::string("compare runs"), std::string("run e.toml --out runs"), "show '" + log_of("two").string() + "'",
        "export --csv out '" + log_of("two").string() + "'", "export --npz out.npz '" + log_of("two").string() + "'"}) {
    const Said said = elbo(line);
    EXPECT_EQ(said.code, 1) << line << said.out;
    EXPECT_TRUE(has(said.out + said.err,
                    "R15: /summary/elbo is -1.25, but the numbers of each data point and the measure key give -"))
        << line << said.out << said.err;
    EXPECT_FALSE(has(said.out, "beats")) << said.out;
  }
  EXPECT_FALSE(exists("out.npz"));
  EXPECT_EQ(elbo("report runs").code, 0);
  EXPECT_TRUE(has(read_file(scratch.path / "runs/report.html"), "\"rule\":\"R15\""));
  const auto json = nlohmann::json::parse(elbo("compare runs --format json").out);
  EXPECT_EQ(json["not_ranked"][0]["rule"], "R15");
  EXPECT_EQ(json["rankings"][0]["rows"].size(), 1u);
}

TEST_F(NotRanked, AProbabilityAboveOne) {
  on_bars("evaluate.importance_samples = 0\n" + two_latents);
  ASSERT_EQ(elbo("run e.toml --out runs").code, 0);
  overwrite(log_of("two"), "/per_example/reconstruction", 7, 64);
  overwrite(log_of("two"), "/per_example/elbo", 7, 64);
  overwrite(log_of("two"), "/per_example/kl", 7, 0);
  const Said said = elbo("compare runs");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.out, "two, seed 1: R1")) << said.out;  // its mean no longer agrees either
  for (const char* name : {"elbo", "reconstruction", "kl"}) {
    const auto json = elbo("export --csv out '" + log_of("three").string() + "'");
    ASSERT_EQ(json.code, 0) << json.err << name;
  }
}

TEST_F(NotRanked, ALogWithoutItsMeasure) {
  on_bars(two_latents);
  ASSERT_EQ(elbo("run e.toml --out runs").code, 0);
  remove_dataset(log_of("two"), "/summary/measure_key");
  const Said said = elbo("compare runs");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.out, "two, seed 1: R19: the log has no /summary/measure_key")) << said.out;
  EXPECT_FALSE(has(said.out, "beats")) << said.out;
}

TEST_F(NotRanked, ALikelihoodThatAddsFiftyNats) {
  on_table(
      "[[variant]]\nname = \"honest\"\nlikelihood.plugin = \"gaussian\"\n[[variant]]\nname = "
      "\"fifty\"\nlikelihood.plugin = \"fifty_nats\"\n");
  const Said run = elbo("run e.toml --out runs");
  EXPECT_EQ(run.code, 1);
  EXPECT_TRUE(has(run.out + run.err,
                  "likelihood:fifty_nats is not conforming: at raw loc = 0, raw log_scale = 0 its density integrates "
                  "to e^50; expected 1"))
      << run.out << run.err;
  EXPECT_TRUE(has(run.out, "fifty, seed 1: R18: likelihood:fifty_nats is not conforming")) << run.out;
  EXPECT_FALSE(has(run.out, "fifty beats")) << run.out;
  EXPECT_TRUE(has(run.out,
                  "does not come with elbo: it was not checked by elbo plugins check; run elbo plugins check "
                  "likelihood:fifty_nats"))
      << run.out;
  EXPECT_FALSE(has(run.out, "likelihood:gaussian (SHA-256")) << run.out;
  EXPECT_EQ(elbo("plugins check likelihood:fifty_nats").code, 1);
  const Said said = elbo("compare runs");
  EXPECT_TRUE(has(said.out, "does not come with elbo: it failed elbo plugins check (") &&
              has(said.out, "normalisation"))
      << said.out;
}

TEST_F(NotRanked, AnEncoderWhoseDrawsAreNarrowerThanItsDensity) {
  write("e.toml",
        "latent_dim = 4\ndataset = { name = \"bars\", observe = \"binary\", train = 500, test = 200 }\n"
        "decoder = { plugin = \"mlp\", hidden = [16] }\nprior.plugin = \"standard_normal\"\nlikelihood.plugin = "
        "\"bernoulli\"\n"
        "train = { max_epochs = 30, batch_size = 50, optimizer = { lr = 0.01 } }\nevaluate.importance_samples = 200\n"
        "[[variant]]\nname = \"honest\"\nencoder = { plugin = \"mlp\", hidden = [16] }\n"
        "[[variant]]\nname = \"narrow\"\nencoder.plugin = \"narrow_draws\"\n");
  const Said run = elbo("run e.toml --out runs");
  EXPECT_EQ(run.code, 1) << run.err;
  EXPECT_TRUE(
      has(run.out, "narrow, seed 1: R17: invalid bound: its elbo lies above log p(x) of the same test data by "))
      << run.out;
  EXPECT_TRUE(has(run.out,
                  "the samples of encoder:narrow_draws do not follow the density that it declares; run elbo plugins "
                  "check encoder:narrow_draws"))
      << run.out;
  EXPECT_TRUE(has(
      run.out, "R18: encoder:narrow_draws is not conforming: its samples do not follow the density that it declares"))
      << run.out;
  EXPECT_FALSE(has(run.out, "narrow beats")) << run.out;
}

TEST_F(NotRanked, ACheckThatCrashesHangsOrExitsKeepsNoRunFromItsResult) {
  on_table(
      "likelihood.plugin = \"fails_when_checked\"\n[sweep]\nlikelihood.how = [\"crashes\", \"exits\", \"hangs\"]\n");
  const Said run = elbo("run e.toml --out runs");
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  for (const char* how : {"it crashed with signal 6", "it ended the process with code 0", "it gave no answer within"})
    EXPECT_TRUE(has(run.out, std::string("normalisation not checked: ") + how)) << run.out;
}

/// The numbers of each test data point.
std::vector<double> column_of(const fs::path& log, const std::string& name) {
  const h5::Dataset column = log::open_log(log).dataset("/per_example/" + name);
  return column.read<double>(0, column.rows());
}

TEST_F(NotRanked, TheCheckAtTheBeginningChangesNoBitOfARun) {
  on_bars("evaluate.importance_samples = 10\n");
  ASSERT_EQ(elbo("run e.toml --out runs").code, 0);
  const fs::path log = log_of("default");
  const auto checked = column_of(log, "log_px"), elbo_then = column_of(log, "elbo");
  ASSERT_EQ(elbo("run e.toml --out again").code, 0);  // nothing is checked any more
  for (const auto& entry : fs::directory_iterator(scratch.path / "again"))
    if (entry.is_directory()) {
      EXPECT_EQ(column_of(entry.path() / "log.h5", "log_px"), checked);
      EXPECT_EQ(column_of(entry.path() / "log.h5", "elbo"), elbo_then);
    }
}

TEST_F(NotRanked, OfASweepTheValidationDataChoose) {
  std::string text = tiny;
  text.replace(text.find("test = 50"), 9, "test = 50, valid = 40");
  write("e.toml", text + "seeds = [1, 2]\n[sweep]\ntrain.optimizer.lr = [0.00001, 0.01, 0.001]\n");
  ASSERT_EQ(elbo("run e.toml --out runs").code, 0);
  const auto json = nlohmann::json::parse(elbo("compare runs --format json").out);
  const auto selection = json["rankings"][0]["selections"][0];
  EXPECT_EQ(selection["points"], 3);
  EXPECT_EQ(selection["chosen_by"], "validation data");
  EXPECT_EQ(selection["optimism_of_checkpoints"], 0);
  EXPECT_TRUE(selection["optimism_of_setting"].is_number());
  double best = -1e9;
  std::string chosen;
  for (const auto& row : json["rankings"][0]["rows"])
    if (const double elbo = row["values"]["valid_elbo"]["mean"]; elbo > best) best = elbo, chosen = row["variant"];
  EXPECT_EQ(selection["chosen"], chosen);
  overwrite(log_of("train-optimizer-lr-0-01"), "/summary/valid_elbo", 0, -1);
  EXPECT_TRUE(has(elbo("compare runs").out, "R15: /summary/valid_elbo is -1,")) << elbo("compare runs").out;
}

TEST_F(NotRanked, OfAPluginOfAnotherPlaceTheOutcomeOfItsCheckIsSaid) {
  on_table("likelihood = { plugin = \"sound\", path = \"" + planted + "/likelihood/sound.so\" }\n");
  ASSERT_EQ(elbo("run e.toml --out runs").code, 0);
  EXPECT_TRUE(has(elbo("compare runs").out, "likelihood:sound (SHA-256 ")) << elbo("compare runs").out;
  const bool passed = elbo("plugins check likelihood:sound").code == 0;
  const std::string said = elbo("compare runs").out;
  EXPECT_TRUE(has(said, passed ? "does not come with elbo: it passed elbo plugins check\n"
                               : "does not come with elbo: it failed elbo plugins check ("))
      << said;
}

}  // namespace
}  // namespace elbo::host
