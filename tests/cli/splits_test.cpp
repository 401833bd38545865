// Splits by what rows are of, from the experiment file to the comparison.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "cli/program.hpp"
#include "hdf5/file.hpp"

namespace elbo::host {
namespace {

class Splits : public Program {
 protected:
  /// 40 subjects of 8 rows that share a level.
  void table(const std::string& name, int subjects, int shift = 0) {
    std::string text = "a,b,c,subject\n";
    for (int i = 0; i < 8 * subjects; ++i) {
      const int subject = i / 8;
      text += std::to_string(subject * 37 % 11 + 0.1 * (i % 8) + shift) + "," + std::to_string(0.3 * (i * 7 % 13)) +
              "," + std::to_string(subject * 17 % 5 + 0.01 * i) + ",p" + std::to_string(subject) + "\n";
    }
    write(name, text);
  }
  void experiment(const std::string& dataset, const std::string& variants) {
    write("e.toml",
          "name = \"e\"\nseeds = [1, 2, 3]\nlatent_dim = 2\nencoder = { plugin = \"mlp\", hidden = [8] }\n"
          "decoder = { plugin = \"mlp\", hidden = [8] }\nprior.plugin = \"standard_normal\"\nlikelihood.plugin = "
          "\"gaussian\"\ntrain = { max_epochs = 2, batch_size = 20 }\nevaluate.importance_samples = 5\n"
          "[dataset]\n" +
              dataset + "observe = \"real\"\nstandardize = true\n" + variants);
  }
  std::vector<double> column(const std::filesystem::path& run, const std::string& name) {
    const h5::File log = h5::File::open(run / "log.h5", h5::Mode::read);
    const h5::Dataset set = log.dataset("/per_example/" + name);
    return set.read<double>(0, set.rows());
  }
};

TEST_F(Splits, ErrorsAreOverGroupsFromTheFileToTheComparison) {
  table("t.csv", 40);
  experiment("path = \"t.csv\"\ngroups = \"subject\"\n",
             "[[variant]]\nname = \"gaussian\"\n[[variant]]\nname = \"laplace\"\nlikelihood.plugin = \"laplace\"\n");
  const Said run = elbo("run e.toml --out runs");
  ASSERT_EQ(run.code, 0) << run.err << run.out;
  EXPECT_TRUE(has(run.out, "groups = \"subject\": 32 in training and validation data, 8 others in test data"))
      << run.out;
  EXPECT_TRUE(has(run.out, "test data of one group depend on each other: errors are over 8 groups, which are few"))
      << run.out;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path / "runs")) {
    if (!entry.is_directory() || !std::filesystem::exists(entry.path() / "log.h5")) continue;
    const auto groups = column(entry.path(), "group"), rows = column(entry.path(), "row");
    ASSERT_EQ(groups.size(), 64u);
    EXPECT_EQ(std::set(groups.begin(), groups.end()).size(), 8u);
    std::set<std::pair<double, double>> pairs;  // of a group and what its rows have in common
    for (size_t i = 0; i < rows.size(); ++i) pairs.emplace(groups[i], std::floor(rows[i] / 8));
    EXPECT_EQ(pairs.size(), 8u);
  }
}

TEST_F(Splits, FaultsStandAtTheLineOfTheirKey) {
  table("t.csv", 4);
  table("later.csv", 2, 1);
  std::string odd = read_file(scratch.path / "later.csv");
  odd.replace(odd.find("\n", odd.find("\n") + 1) + 1, 1, "x");
  write("odd.csv", odd);
  const auto said = [&](const std::string& dataset) {
    experiment("path = \"t.csv\"\n" + dataset, "");
    const Said check = elbo("check e.toml");
    EXPECT_EQ(check.code, 2) << check.out;
    return check.err + check.out;
  };
  const auto place = [&](const std::string& key) {
    const std::string text = read_file(scratch.path / "e.toml");
    return "e.toml:" +
           std::to_string(1 + std::count(text.begin(),
                                         text.begin() + static_cast<std::ptrdiff_t>(text.find("\n" + key)) + 1, '\n')) +
           ":";
  };
  for (const auto& [dataset, key, sentence] :
       {std::tuple("groups = \"nobody\"\n", "groups", "nobody"),
        {"select = \"a, b, c\"\nstratify = \"labels\"\n", "stratify", "there are no labels"},
        {"time = \"subject\"\n", "time", "cannot be ordered"},
        {"select = \"a, b, c\"\ntest_path = \"odd.csv\"\n", "test_path", "odd.csv:3: column 'a' holds 'x"}}) {
    const std::string text = said(dataset);
    EXPECT_TRUE(has(text, place(key))) << text;
    EXPECT_TRUE(has(text, sentence)) << text;
  }
}

TEST_F(Splits, OthersAreNeverRankedTogether) {
  table("t.csv", 40);
  experiment("path = \"t.csv\"\nselect = \"a, b, c\"\n",
             "[[variant]]\nname = \"random\"\n[[variant]]\nname = \"by group\"\ndataset.groups = \"subject\"\n");
  const Said run = elbo("run e.toml --out runs --set 'seeds=[1]'");
  ASSERT_EQ(run.code, 0) << run.err << run.out;
  EXPECT_TRUE(has(run.out, "R1")) << run.out;
}

TEST_F(Splits, PartsInFilesOfTheirOwnTrain) {
  table("train.csv", 20);
  table("later.csv", 6, 1);
  experiment("train_path = \"train.csv\"\ntest_path = \"later.csv\"\nselect = \"a, b, c\"\n", "");
  const Said run = elbo("run e.toml --out runs --set 'seeds=[1]'");
  ASSERT_EQ(run.code, 0) << run.err << run.out;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path / "runs"))
    if (std::filesystem::exists(entry.path() / "log.h5")) {
      EXPECT_EQ(column(entry.path(), "row").size(), 48u);
    }
  const Said both = elbo("check e.toml --set 'dataset.path=\"train.csv\"'");
  EXPECT_EQ(both.code, 2);
  EXPECT_TRUE(has(both.err, "both path and train_path")) << both.err;
  const Said info = elbo("data info train.csv --test later.csv --select a,b,c");
  EXPECT_TRUE(has(info.out, "split in the file: train 160, test 48")) << info.out << info.err;
  EXPECT_TRUE(has(info.out, "test_path = \"later.csv\"")) << info.out;
}

TEST_F(Splits, MistakesAreOneSentence) {
  table("t.csv", 3);
  const auto said = [&](const std::string& dataset) {
    experiment("path = \"t.csv\"\n" + dataset, "");
    const Said check = elbo("check e.toml");
    EXPECT_EQ(check.code, 2) << check.out;
    return check.err;
  };
  EXPECT_TRUE(
      has(said("groups = \"sbject\"\n"), "has no column 'sbject'; expected 1 to 4 or a name; did you mean 'subject'?"));
  EXPECT_TRUE(has(said("time = \"subject\"\n"), "cannot be ordered: it holds 'p0'"));
  EXPECT_TRUE(
      has(said("groups = \"subject\"\ntest_fraction = 0.8\n"), "has 8 rows, more than the 5 that are no test data"));
  EXPECT_TRUE(has(said("select = \"a, b, c\"\nstratify = \"a\"\n"), "has 1 row; expected 2 or more"));
  EXPECT_TRUE(has(said("valid_path = \"t.csv\"\n"),
                  "dataset.valid_path is \"t.csv\", which has an effect only with dataset.test_path"));
}

}  // namespace
}  // namespace elbo::host
