// The whole program, from an experiment file to its log, against truths that are known exactly.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>

#include "cli/program.hpp"
#include "log/run_log.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class Oracle : public Program {};

/// The folders of the runs below a results folder, sorted.
std::vector<fs::path> logs_below(const fs::path& results) {
  std::vector<fs::path> logs;
  for (const auto& entry : fs::directory_iterator(results))
    if (fs::exists(entry.path() / "log.h5")) logs.push_back(entry.path() / "log.h5");
  std::sort(logs.begin(), logs.end());
  return logs;
}

std::vector<double> values_of(const fs::path& file, const char* dataset) {
  const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t d = H5Dopen2(f, dataset, H5P_DEFAULT), space = H5Dget_space(d);
  std::vector<double> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
  H5Dread(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Sclose(space);
  H5Dclose(d);
  H5Fclose(f);
  return values;
}

// Probabilistic PCA (Tipping & Bishop 1999; Lucas et al. 2019) on 6 x 4 data: the linear VAE must come to the optimum
// that the eigenvalues give. The step noise of Adam decays with the cosine schedule; 0.01 nat covers what is left.
TEST_F(Oracle, ALinearVaeReachesTheOptimumOfProbabilisticPca) {
  {
    const std::vector<double> rows = {1,    2,  .5, -1, 0,  -1, 1.5, .5,  2,  1, -1, 0,
                                      -1.5, .5, 0,  1,  .5, -2, -.5, 1.5, -1, 0, 1,  -2};
    test::Hdf5Writer file(scratch.path / "rows.h5");
    for (const char* part : {"/train/x", "/test/x"}) file.add(part, H5T_IEEE_F32LE, {6, 4}, rows);
  }
  write("ppca.toml", R"(
name = "ppca"
latent_dim = 2
encoder = { plugin = "linear" }
decoder = { plugin = "linear" }
prior = { plugin = "standard_normal" }
likelihood = { plugin = "gaussian", scale = "shared" }
dataset = { path = "rows.h5", format = "hdf5", observe = "real" }
[objective]
samples = 100
[train]
max_epochs = 4000
batch_size = 6
test_every = 4000
optimizer = { name = "adam", lr = 0.02 }
schedule = { name = "cosine" }
[evaluate]
importance_samples = 100000
)");
  const Said run = elbo("run ppca.toml --out out");
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  const auto log = logs_below(scratch.path / "out").at(0);
  const auto summary = log::read_summary(log).values;
  EXPECT_NEAR(summary.at("log_px"), -5.694741366772, 0.01);
  EXPECT_NEAR(summary.at("elbo"), -5.694741366772,
              0.5);  // 100 samples of the reconstruction: standard error about 0.06
  auto kl = values_of(log, "/test/kl_per_dim");
  ASSERT_EQ(kl.size(), 2u);
  std::sort(kl.rbegin(), kl.rend());
  EXPECT_NEAR(kl[0], 0.814974286453, 0.02);
  EXPECT_NEAR(kl[1], 0.658316001318, 0.02);
  EXPECT_NEAR(summary.at("kl"), 1.473290287772, 0.03);
  EXPECT_EQ(summary.at("active_units"), 2);

  const Said ladder = elbo("evaluate out --metrics evidence");
  ASSERT_EQ(ladder.code, 0) << ladder.out << ladder.err;
  const auto evaluation = log.parent_path() / "evaluation.h5";
  auto each = values_of(evaluation, "/evidence/log_px_each");
  std::sort(each.begin(), each.end());
  const std::vector<double> optimum = {-7.103081071089, -5.939698509537, -5.471366160955,
                                       -5.398377009995, -5.277224035165, -4.97870141389};
  ASSERT_EQ(each.size(), optimum.size());
  for (size_t i = 0; i < each.size(); ++i) EXPECT_NEAR(each[i], optimum[i], 0.05) << i;
  EXPECT_NEAR(values_of(evaluation, "/evidence/log_px").at(0), summary.at("log_px"), 0.01);
  EXPECT_EQ(values_of(evaluation, "/evidence/not_trusted").at(0), 0);
}

std::string bars(int epochs) {
  return R"(
name = "bars"
latent_dim = 16
encoder = { plugin = "mlp", hidden = [64] }
decoder = { plugin = "mlp", hidden = [64] }
prior = { plugin = "standard_normal" }
likelihood = { plugin = "bernoulli" }
dataset = { name = "bars", observe = "binary", train = 5000, test = 500 }
[train]
max_epochs = )" +
         std::to_string(epochs) + R"(
optimizer = { name = "adam", lr = 3e-3 }
[evaluate]
importance_samples = 200
)";
}

TEST_F(Oracle, NoBoundOnBarsLiesAboveTheExactEvidence) {
  write("bars.toml", bars(6));
  const Said run = elbo("run bars.toml --out out");
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  const auto summary = log::read_summary(logs_below(scratch.path / "out").at(0)).values;
  EXPECT_LT(summary.at("elbo"), summary.at("log_px"));
  EXPECT_LT(summary.at("log_px"), summary.at("exact_log_px") + 3 * summary.at("log_px_minus_exact_se"));
  EXPECT_GT(summary.at("log_px"), -36.6) << "independent pixels score -36.6 nats; the model must have learned more";
  EXPECT_TRUE(has(run.out, "exact log p(x)")) << run.out;
}

// Monte Carlo EM climbs the same log p(x) as the bound does where the posterior is exact: it must end at the evidence of the
// distribution that made the data, but for what 1,000 training data do not tell.
TEST_F(Oracle, MonteCarloEmEndsAtTheEvidenceOfTheLinearModel) {
  write("mcem.toml", R"(
name = "mcem"
latent_dim = 2
encoder = { plugin = "linear" }
decoder = { plugin = "linear" }
prior = { plugin = "standard_normal" }
likelihood = { plugin = "gaussian", scale = "shared" }
dataset = { name = "linear_gaussian", observe = "real", train = 1000, test = 500 }
[objective]
plugin = "mcem"
[train]
max_epochs = 60
batch_size = 50
test_every = 60
optimizer = { name = "adam", lr = 1e-2 }
schedule = { name = "cosine" }
[evaluate]
importance_samples = 500
)");
  const Said run = elbo("run mcem.toml --out out");
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  const auto summary = log::read_summary(logs_below(scratch.path / "out").at(0)).values;
  EXPECT_NEAR(summary.at("log_px"), summary.at("exact_log_px"), 0.1);
  EXPECT_LT(summary.at("log_px"), summary.at("exact_log_px") + 3 * summary.at("log_px_minus_exact_se"));
  EXPECT_LT(summary.at("gap"), 0.1);  // the encoder beside it has followed
}

TEST_F(Oracle, TheSameSeedTwiceIsBitIdentical) {
  write("bars.toml", bars(2));
  for (const char* out : {"first", "second"}) {
    const Said run = elbo(std::string("run bars.toml --out ") + out);
    ASSERT_EQ(run.code, 0) << run.out << run.err;
  }
  const auto first = logs_below(scratch.path / "first").at(0), second = logs_below(scratch.path / "second").at(0);
  for (const char* dataset : {"/train/loss", "/train/kl_per_dim", "/test/elbo", "/latents/mean", "/latents/scale",
                              "/images/samples", "/per_example/elbo", "/per_example/log_px"})
    EXPECT_EQ(values_of(first, dataset), values_of(second, dataset)) << dataset;
}

}  // namespace
}  // namespace elbo::host
