// Hidden values and the terms of single columns, from the experiment file to the comparison.
#include <algorithm>
#include <numeric>

#include "apply_fixture.hpp"

namespace elbo::host {
namespace {

class HeldOutValues : public ApplyTest {
 protected:
  /// Two variants on a table with gaps, that hide a fifth of the values of the test data.
  void train_two(const std::string& more) {
    std::vector<Line> rows = people();
    for (size_t i = 0; i < rows.size(); ++i)
      if (i % 7 == 3) rows[i][0] = "NA";
    write("people.csv", text_of(header, rows));
    train("[evaluate]\nimportance_samples = 20\nmask_fraction = 0.2\nmask_samples = 200\n" + more +
          "[[variant]]\nname = \"long\"\n[[variant]]\nname = \"short\"\ntrain.max_epochs = 1\n");
  }
  std::vector<std::filesystem::path> runs() const {
    std::vector<std::filesystem::path> folders;
    for (const auto& entry : std::filesystem::directory_iterator(scratch.path / "out"))
      if (std::filesystem::exists(entry.path() / "log.h5")) folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    return folders;
  }
};

TEST_F(HeldOutValues, AreMeasuredShownAndComparedAmongEqualMasks) {
  train_two("");
  const auto folders = runs();
  ASSERT_EQ(folders.size(), 2u);
  std::vector<double> hidden;
  for (const auto& folder : folders) {
    const h5::File file = h5::File::open(folder / "evaluation.h5", h5::Mode::read);
    hidden.push_back(file.number("/held_out/hidden"));
    EXPECT_GT(file.number("/held_out/observed"), 40 * 4);
    EXPECT_LT(file.number("/held_out/observed"), 40 * 5) << "some heights are missing";
    EXPECT_NEAR(hidden.back() / file.number("/held_out/observed"), 0.2, 0.12);
    for (const char* name : {"log_p", "log_p_se", "log_p_joint", "nrmse", "accuracy", "coverage"})
      EXPECT_TRUE(std::isfinite(file.number(std::string("/held_out/") + name))) << name;
    const auto each = file.dataset("/held_out/hidden_each").read<double>(0, 40);
    EXPECT_EQ(std::accumulate(each.begin(), each.end(), 0.0), hidden.back());
    EXPECT_EQ(file.texts("/held_out/column_name"), header);
  }
  EXPECT_EQ(hidden[0], hidden[1]) << "runs on the same data hide the same values";
  const Said compared = elbo("compare out");
  ASSERT_EQ(compared.code, 0) << compared.err;
  EXPECT_TRUE(has(compared.out, "values hidden, mask_fraction 0.2, mask_seed 1, mask ")) << compared.out;
  EXPECT_TRUE(has(compared.out, "NRMSE of numbers: ")) << compared.out;
  EXPECT_FALSE(has(compared.out, "R1: where other values were hidden")) << compared.out;
  const Said shown = elbo("show " + (folders[0] / "log.h5").string());
  EXPECT_TRUE(has(shown.out, "held_out: hidden values of the test data")) << shown.out;
  EXPECT_TRUE(has(shown.out, "coverage")) << shown.out;

  const Said again = elbo("evaluate " + folders[0].string() +
                          " --metrics held_out --set mask_fraction=0.2 --set mask_seed=2 --set mask_samples=200");
  ASSERT_EQ(again.code, 0) << again.err;
  const Said apart = elbo("compare out");
  EXPECT_TRUE(has(apart.out, "R1: where other values were hidden")) << apart.out;
  EXPECT_TRUE(has(apart.out, "mask_seed 2, mask ")) << apart.out;
}

TEST_F(HeldOutValues, ColumnsSumToTheReconstructionAndSayWhereADifferenceComesFrom) {
  train_two("columns_each = true\n");
  for (const auto& folder : runs()) {
    const h5::File file = h5::File::open(folder / "evaluation.h5", h5::Mode::read),
                   log = h5::File::open(folder / "log.h5", h5::Mode::read);
    EXPECT_EQ(file.texts("/columns/column_name"), header);
    const auto means = file.dataset("/columns/reconstruction").read<double>(0, 5);
    EXPECT_NEAR(std::accumulate(means.begin(), means.end(), 0.0), log.number("/summary/reconstruction"), 1e-4);
    const auto each = file.dataset("/columns/reconstruction_each").read<double>(0, 40);
    const auto of_rows = log.dataset("/per_example/reconstruction").read<double>(0, 40);
    for (size_t i = 0; i < 40; ++i)
      EXPECT_NEAR(std::accumulate(each.begin() + static_cast<std::ptrdiff_t>(5 * i),
                                  each.begin() + static_cast<std::ptrdiff_t>(5 * i + 5), 0.0),
                  of_rows[i], 1e-3);
    const auto observed = file.dataset("/columns/observed").read<double>(0, 5);
    EXPECT_LT(observed[0], 40) << "some heights are missing";
    EXPECT_EQ(observed[1], 40);
  }
  const Said compared = elbo("compare out");
  EXPECT_TRUE(has(compared.out, "long gains ")) << compared.out;
  EXPECT_TRUE(has(compared.out, " nat of E_q log p(x|z) over short, of which ")) << compared.out;
  EXPECT_TRUE(has(compared.out, "; its KL, which belongs to all columns together, is ")) << compared.out;
}

TEST_F(HeldOutValues, WithoutAShareNothingIsHidden) {
  train();
  const Said said = elbo("evaluate out --metrics held_out");
  EXPECT_NE(said.code, 0);
  EXPECT_TRUE(has(said.out + said.err, "evaluate.mask_fraction is 0, so that nothing is hidden"))
      << said.out << said.err;
}

TEST_F(HeldOutValues, DataThatAreNoTableAreRefusedBeforeTheTraining) {
  write("x.toml", std::string("name = \"x\"\nlatent_dim = 1\ndataset.name = \"bars\"\nencoder.plugin = "
                              "\"mlp\"\ndecoder.plugin = \"mlp\"\n") +
                      "prior.plugin = \"standard_normal\"\nlikelihood.plugin = \"bernoulli\"\ntrain.max_epochs = 1\n" +
                      "evaluate = { mask_fraction = 0.1 }\n");
  const Said said = elbo("run x.toml --out out");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.out + said.err, "evaluate.mask_fraction: the data points have the shape"))
      << said.out << said.err;
  EXPECT_FALSE(has(said.out + said.err, "epoch 1")) << said.out << said.err;
}

}  // namespace
}  // namespace elbo::host
