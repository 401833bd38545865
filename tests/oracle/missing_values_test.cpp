// The whole program on rows with missing values, against a maximum of the likelihood of the observed ones that is known.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "cli/program.hpp"
#include "hdf5/file.hpp"
#include "log/run_log.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class MissingValuesOracle : public Program {};

std::vector<double> numbers_in(const fs::path& file, const std::string& dataset) {
  const h5::File opened = h5::File::open(file, h5::Mode::read);
  return opened.dataset(dataset).read<double>(0, opened.dataset(dataset).rows());
}

// Probabilistic PCA with one factor on 6 x 4 values of which four are missing: the maximum of the mean log p(x_o) was found apart from
// this program, by direct maximisation from 60 starts, and the six terms of it in closed form. With one latent the posterior of each
// mask is a normal distribution in one dimension, which the encoder's family contains.
TEST_F(MissingValuesOracle, ALinearVaeReachesTheOptimumOfProbabilisticPcaOfTheObservedValues) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  {
    const std::vector<double> rows = {1,   2,  .5, -1, 0,  -1,  nan, .5,  2,  1, -1, nan,
                                      nan, .5, 0,  1,  .5, nan, -.5, 1.5, -1, 0, 1,  -2};
    test::Hdf5Writer file(scratch.path / "rows.h5");
    for (const char* part : {"/train/x", "/test/x"}) file.add(part, H5T_IEEE_F32LE, {6, 4}, rows);
  }
  write("ppca.toml", R"(
name = "ppca"
latent_dim = 1
encoder = { plugin = "mlp", hidden = [32] }
decoder = { plugin = "linear" }
prior = { plugin = "standard_normal" }
likelihood = { plugin = "composite", rest = { plugin = "gaussian", scale = "shared" } }
dataset = { path = "rows.h5", format = "hdf5", observe = "columns" }
[objective]
samples = 100
[train]
max_epochs = 4000
batch_size = 6
test_every = 4000
optimizer = { name = "adam", lr = 0.02 }
schedule = { name = "cosine" }
[evaluate]
importance_samples = 20000
)");
  const Said run = elbo("run ppca.toml --out out");
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_TRUE(has(run.out, "of the observed values (20 of 24)")) << run.out;
  fs::path folder;
  for (const auto& entry : fs::directory_iterator(scratch.path / "out"))
    if (fs::exists(entry.path() / "log.h5")) folder = entry.path();
  const auto summary = log::read_summary(folder / "log.h5").values;
  EXPECT_NEAR(summary.at("log_px"), -4.363182223713, 0.01);
  EXPECT_NEAR(summary.at("elbo"), -4.363182223713, 0.4) << "100 samples of the reconstruction";

  const Said ladder = elbo("evaluate out --metrics evidence,ais,reconstruction");
  ASSERT_EQ(ladder.code, 0) << ladder.out << ladder.err;
  auto each = numbers_in(folder / "evaluation.h5", "/evidence/log_px_each");
  std::sort(each.begin(), each.end());
  const std::vector<double> optimum = {-6.948382916669, -5.148492318055, -4.743117905808,
                                       -3.446212679168, -3.228490949734, -2.664396572844};
  ASSERT_EQ(each.size(), optimum.size());
  for (size_t i = 0; i < each.size(); ++i) EXPECT_NEAR(each[i], optimum[i], 0.06) << i;
  const h5::File evaluation = h5::File::open(folder / "evaluation.h5", h5::Mode::read);
  EXPECT_NEAR(evaluation.number("/ais/log_px"), -4.363182223713, 0.1);
  EXPECT_TRUE(std::isfinite(evaluation.number("/reconstruction/squared_error")));
}

}  // namespace
}  // namespace elbo::host
