// Searches, learning curves, and the settings of runs as columns, as a user meets them.
#include "hdf5/file.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {

const std::string small_search =
    "dataset = { name = \"bars\", observe = \"binary\", train = 200, valid = 50, test = 50 }\n"
    "encoder = { plugin = \"mlp\", hidden = [8] }\n"
    "decoder = { plugin = \"mlp\", hidden = [8] }\n"
    "prior = { plugin = \"standard_normal\" }\n"
    "likelihood = { plugin = \"bernoulli\" }\n"
    "train = { max_epochs = 4, batch_size = 50 }\n"
    "evaluate.importance_samples = 50\n"
    "[search]\ntrials = 4\n"
    "[search.space]\n"
    "\"train.optimizer.lr\" = { log_uniform = [1e-4, 1e-1] }\n"
    "latent_dim = { integer = [1, 4] }\n";

class Search : public Program {};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

TEST_F(Search, ChoosesByValidationDataAndSaysSoFirst) {
  write("x.toml", small_search);
  const Said checked = elbo("check x.toml");
  EXPECT_TRUE(has(checked.out, "x.toml: ok, 4 runs (4 trials x 1 seed)")) << checked.out << checked.err;
  const Said said = elbo("run x.toml --out out");
  ASSERT_EQ(said.code, 0) << said.out << said.err;
  const std::string text = read_file(scratch.path / "out/comparison.txt"),
                    csv = read_file(scratch.path / "out/comparison.csv");
  EXPECT_TRUE(text.starts_with("Of 4 trials, validation data choose trial ")) << text;
  EXPECT_TRUE(has(said.out, "Of 4 trials, validation data choose trial "));
  EXPECT_EQ(first_line(csv), "# " + first_line(text));
  EXPECT_TRUE(has(read_file(scratch.path / "out/report.html"), "Of 4 trials, validation data choose trial "));
  EXPECT_TRUE(has(csv, ",train.optimizer.lr,")) << csv;
  EXPECT_TRUE(has(first_line(read_file(scratch.path / "out/runs.csv")), ",latent_dim,"));
  EXPECT_TRUE(elbo("compare out").out.starts_with(first_line(text).substr(0, 40))) << "of the logs alone as well";

  const h5::File results = h5::File::open(scratch.path / "out/results.h5", h5::Mode::read);
  const auto sizes = results.dataset("/settings/latent_dim").read<int64_t>(0, 4);
  EXPECT_EQ(results.dataset("/settings/latent_dim").type().kind, h5::ValueType::integer);
  EXPECT_EQ(results.dataset("/settings/train.optimizer.lr").type().kind, h5::ValueType::floating);
  for (const int64_t size : sizes) EXPECT_TRUE(size >= 1 && size <= 4) << size;
  for (const double lr : results.dataset("/settings/train.optimizer.lr").read<double>(0, 4))
    EXPECT_TRUE(lr >= 1e-4 && lr <= 1e-1) << lr;

  const Said more = elbo("run x.toml --out out --set search.trials=5");
  EXPECT_EQ(more.code, 0) << more.out << more.err;
  EXPECT_TRUE(has(more.out, "finished before: 4 runs")) << more.out;
}

TEST_F(Search, HalvingTrainsNoEpochTwice) {
  write("x.toml", small_search + "[search.space.encoder]\nhidden = { choice = [[8], [9]] }\n");
  const std::string halving = " --set search.trials=9 --set search.method=halving";
  const Said said = elbo("run x.toml --out out" + halving);
  ASSERT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_TRUE(has(said.out, "rung 1 of 3 of the search over ")) << said.out;
  EXPECT_TRUE(has(said.out, "3 of 9 trials go on (")) << said.out;
  EXPECT_TRUE(has(said.out, "was trained for 1 epoch before, in ")) << said.out;
  EXPECT_TRUE(has(said.out, "was trained for 3 epochs before, in ")) << said.out;
  EXPECT_FALSE(has(said.out, "it begins again")) << said.out;
  EXPECT_TRUE(has(said.out, "Of 9 trials, validation data choose trial ")) << said.out;
  EXPECT_TRUE(has(said.out, " at 4 epochs (")) << said.out;
  const Said again = elbo("run x.toml --out out" + halving);
  EXPECT_TRUE(has(again.out, "nothing to do")) << again.out;
  const Said status = elbo("status out");
  EXPECT_TRUE(has(status.out, "rung 3 of 3, 4 epochs: ")) << status.out;
}

TEST_F(Search, RefusesWhatCannotChoose) {
  write("x.toml", small_search);
  const Said said = elbo("run x.toml --set dataset.valid=0");
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(has(said.err, "x.toml:8:1: [search] chooses among its trials by validation data, and there are none"))
      << said.err;
  expect_nothing_written();
}

TEST_F(Search, LearningCurvesStandInOneTable) {
  write("x.toml", tiny_model + "evaluate.importance_samples = 50\n[sweep]\n\"dataset.train\" = [50, 100, 200]\n");
  const Said said = elbo("run x.toml --out out");
  ASSERT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_FALSE(has(said.out, "Numbers of different measures")) << said.out;
  EXPECT_EQ(said.out.find("measure: "), said.out.rfind("measure: ")) << "one table: " << said.out;
  const h5::File results = h5::File::open(scratch.path / "out/results.h5", h5::Mode::read);
  EXPECT_EQ(results.dataset("/settings/dataset.train").read<int64_t>(0, 3), (std::vector<int64_t>{50, 100, 200}));
  EXPECT_TRUE(has(read_file(scratch.path / "out/comparison.csv"), ",dataset.train,"));

  // Other test data stay apart.
  write("y.toml", tiny_model + "evaluate.importance_samples = 50\n[sweep]\n\"dataset.test\" = [40, 50]\n");
  EXPECT_TRUE(has(elbo("run y.toml --out other").out, "R1: "));
}

}  // namespace elbo::host
