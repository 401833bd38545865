// The data sets that are described here, where their files are: ELBO_TEST_DATA names the folder.
#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "data/files/data_record.hpp"
#include "files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

using Floats = std::vector<float>;

class RealFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    if (folder_.empty() || !fs::exists(folder_ / "counts"))
      GTEST_SKIP() << "ELBO_TEST_DATA names no folder with counts/";
  }
  Dataset described(const std::string& name, const std::string& below) const {
    Description d = description_of(config_of(name));
    d.folders = {(folder_ / below).string()};
    EXPECT_EQ(fingerprint(d, {}), fingerprint(d, {}));
    return load(d, {});
  }
  static double total(const Array& array) {
    return std::visit([](const auto& v) { return std::accumulate(v.begin(), v.end(), 0.0); }, array.values);
  }
  static double total(const Dataset& data) { return total(data.train.x) + total(data.test.x); }
  Array read(const char* format, const std::string& file, const std::string& part = "") const {
    return test::read(format, folder_ / file, part);
  }

  const fs::path folder_ = std::getenv("ELBO_TEST_DATA") ? std::getenv("ELBO_TEST_DATA") : "";
};

TEST_F(RealFiles, CountMatrices) {
  const Dataset brain = described("counts_mouse_brain", "counts");
  EXPECT_EQ(brain.train.x.shape, (Shape{8000, 1000}));
  EXPECT_EQ(total(brain), 1597698);
  const Dataset smfish = described("counts_smfish", "counts");
  EXPECT_EQ(smfish.test.x.shape, (Shape{930, 33}));
  EXPECT_EQ(total(smfish), 847624);
  EXPECT_EQ(*std::max_element(smfish.train.labels.begin(), smfish.train.labels.end()), 5);
  const Dataset starmap = described("counts_starmap", "counts");
  EXPECT_EQ(total(starmap), 1616247);
  EXPECT_EQ(*std::max_element(starmap.train.labels.begin(), starmap.train.labels.end()), 15);
  EXPECT_EQ(described("words_reuters", "counts").train.x.shape, (Shape{316, 4258}));
}

TEST_F(RealFiles, TheSameCellsFromMatrixMarketAndFromH5ad) {
  const Array cells = read("10x", "counts/mtx");
  ASSERT_EQ(cells.shape, (Shape{2000, 1000}));
  const Array all = read("h5ad", "counts/mouse_brain_10k.h5ad");
  const auto& values = std::get<Floats>(all.values);
  EXPECT_TRUE(std::equal(values.begin(), values.begin() + 2000 * 1000, std::get<Floats>(cells.values).begin()));
  EXPECT_EQ(read("10x", "counts/10x_filtered_feature_bc_matrix.h5").shape, (Shape{1107, 507}));
}

TEST_F(RealFiles, Tables) {
  EXPECT_EQ(described("wine", "tabular").train.x.shape, (Shape{142, 13}));
  EXPECT_EQ(described("breast_cancer", "tabular").test.x.shape, (Shape{114, 30}));
  EXPECT_EQ(described("digits", "digits8").train.x.shape, (Shape{1500, 1, 8, 8}));
  EXPECT_EQ(read("csv", "tabular/power-plant.csv").shape, (Shape{9568, 5}));
}

TEST_F(RealFiles, MatlabAndNumpy) {
  EXPECT_EQ(read("npz", "dsprites-mini/dsprites_mini_32x32.npz", "imgs").shape, (Shape{11520, 32, 32}));
  try {
    const Array faces = read("mat", "frey/frey_rawface.mat", "ff'");
    EXPECT_EQ(faces.shape, (Shape{1965, 560}));
    EXPECT_EQ(read("mat", "binarized-mnist/binarized_mnist_test.mat").rows(), 10000);
  } catch (const UserError& fault) {
    EXPECT_SAYS(std::string(fault.what()), "need libmatio");
  }
}

}  // namespace
}  // namespace elbo::host::data
