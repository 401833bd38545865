// The user's own files in every format, from path and format to rows.
#include <algorithm>
#include <numeric>

#include "data/files/data_record.hpp"
#include "data/splits/split.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

using Floats = std::vector<float>;

class OwnFormats : public ::testing::Test {
 protected:
  /// Twenty rows "i, 10 i, class".
  fs::path table() {
    std::string text = "a,b,kind\n";
    for (int i = 0; i < 20; ++i)
      text += std::to_string(i) + "," + std::to_string(10 * i) + (i % 2 ? ",odd\n" : ",even\n");
    return write(folder_ / "t.csv", text);
  }
  DataConfig table_config() {
    DataConfig config = own(table(), "csv", "real");
    config.labels = "kind";
    return config;
  }
  Folder folder_;
};

TEST(Permutation, IsOneAndTheSameForASeed) {
  std::vector<int64_t> order = permutation(1000, 1);
  EXPECT_EQ(order, permutation(1000, 1));
  EXPECT_NE(order, permutation(1000, 2));
  std::sort(order.begin(), order.end());
  std::vector<int64_t> all(1000);
  std::iota(all.begin(), all.end(), int64_t{0});
  EXPECT_EQ(order, all);
  EXPECT_TRUE(permutation(0, 1).empty());
  EXPECT_EQ(permutation(5, 7), (std::vector<int64_t>{3, 2, 0, 1, 4}));
}

TEST_F(OwnFormats, ATableIsMixedAndSplit) {
  const DataConfig config = table_config();
  const Description d = description_of(config);
  EXPECT_EQ(d.shape, (Shape{2}));
  EXPECT_EQ(d.support, Support::real);
  EXPECT_EQ(d.train, 16);
  EXPECT_EQ(d.test, 4);
  const Dataset data = load(d, config);
  Floats firsts;
  for (const Split* part : {&data.train, &data.test}) {
    const auto& x = std::get<Floats>(part->x.values);
    for (size_t i = 0; i < part->labels.size(); ++i) {
      EXPECT_EQ(x[2 * i + 1], 10 * x[2 * i]);
      EXPECT_EQ(part->labels[i], static_cast<int64_t>(x[2 * i]) % 2);
      firsts.push_back(x[2 * i]);
    }
  }
  EXPECT_FALSE(std::is_sorted(firsts.begin(), firsts.end()));
  std::sort(firsts.begin(), firsts.end());
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(firsts[i], static_cast<float>(i));
}

TEST_F(OwnFormats, TheSplitAndThePartArePartOfTheFingerprint) {
  const DataConfig base = table_config();
  const auto print = [](const DataConfig& config) { return fingerprint(description_of(config), config); };
  EXPECT_EQ(print(base), print(base));
  DataConfig other = base;
  other.split_seed = 2;
  EXPECT_NE(print(other), print(base));
  other = base;
  other.test_fraction = 0.5;
  EXPECT_NE(print(other), print(base));
  other = base;
  other.select = "a";
  EXPECT_NE(print(other), print(base));
}

TEST_F(OwnFormats, ATestFractionThatLeavesNothingIsRefused) {
  DataConfig config = table_config();
  config.test_fraction = 0;
  EXPECT_SAYS(refusal([&] { load(description_of(config), config); }), "has no test data");
  config.test_fraction = 1;
  EXPECT_SAYS(refusal([&] { load(description_of(config), config); }), "leaves no training data");
}

TEST_F(OwnFormats, WholeNumbersAreLevelsOrBinaryWhenAskedFor) {
  const auto support = [&](const std::string& text, const std::string& observe) {
    return description_of(own(write(folder_ / "v.csv", text), "csv", observe)).support;
  };
  EXPECT_EQ(support("0 255\n3 4\n5 6\n", "levels"), Support::levels);
  EXPECT_EQ(support("0 1\n1 0\n1 1\n", "binary"), Support::binary);
  EXPECT_EQ(support("0 256\n1 0\n1 1\n", "levels"), Support::real);
  EXPECT_EQ(support("0 256\n1 0\n1 1\n", "counts"), Support::counts);
  EXPECT_EQ(support("0 1\n1 0\n1 1\n", "real"), Support::real);
  EXPECT_EQ(support("0 0.5\n1 0\n1 1\n", "unit_interval"), Support::unit_interval);
}

TEST_F(OwnFormats, LabelsOfAnnotatedDataNeedNoGroup) {
  {
    Hdf5Writer file(folder_ / "a.h5ad");
    file.add("/X", H5T_STD_I64LE, {5, 1}, std::vector<int64_t>{0, 1, 2, 3, 4});
    file.add("/obs/kind/codes", H5T_STD_I8LE, {5}, std::vector<int64_t>{5, 6, 7, 8, 9});
  }
  DataConfig config = own(folder_ / "a.h5ad", "h5ad", "counts");
  config.labels = "kind";
  const Dataset data = load(description_of(config), config);
  ASSERT_EQ(data.train.labels.size(), 4u);
  for (size_t i = 0; i < 4; ++i)
    EXPECT_EQ(static_cast<float>(data.train.labels[i]), std::get<Floats>(data.train.x.values)[i] + 5);
}

TEST_F(OwnFormats, LabelsOfFormatsOfOneArrayLieInAFileBeside) {
  std::string images, kinds;
  for (char i = 0; i < 10; ++i) images += std::string(6, i), kinds += static_cast<char>(i + 1);
  DataConfig config = own(write(folder_ / "pictures", idx(8, {10, 2, 3}, images)), "idx", "levels");
  write(folder_ / "kinds", idx(8, {10}, kinds));
  config.labels = "kinds";
  const Description d = description_of(config);
  EXPECT_EQ(d.shape, (Shape{1, 2, 3}));
  const Dataset data = load(d, config);
  ASSERT_EQ(data.train.labels.size(), 8u);
  for (size_t i = 0; i < 8; ++i)
    EXPECT_EQ(data.train.labels[i], std::get<std::vector<uint8_t>>(data.train.x.values)[6 * i] + 1);
  config.labels = "absent";
  EXPECT_SAYS(refusal([&] { load(d, config), load(description_of(config), config); }),
              "absent is missing; expected it in ");
}

TEST_F(OwnFormats, HalfOfASplitFileIsNamed) {
  const fs::path path = folder_ / "half.h5";
  {
    Hdf5Writer(path).add("/train/x", H5T_STD_U8LE, {2, 1}, std::vector<uint8_t>{0, 1});
  }
  EXPECT_EQ(refusal([&] { description_of(own(path, "hdf5")); }),
            path.string() +
                ": has no /test/x; expected that for the test data, or select = the name of the data to "
                "split; see elbo data info FILE");
}

TEST_F(OwnFormats, AnEmptyFileIsSaidToBeSo) {
  const DataConfig config = own(write(folder_ / "none", idx(8, {0, 2, 3}, "")), "idx", "levels");
  EXPECT_SAYS(refusal([&] { description_of(config); }), "none (none): holds no rows; expected data");
}

TEST_F(OwnFormats, DescribedTableIsSplitBySizes) {
  Description d;
  d.name = "described";
  d.format = "csv";
  d.folders = {static_cast<const fs::path&>(folder_).string()};
  d.files = {{"x", table().filename().string(), "a,b", ""}};
  d.shape = {2};
  d.support = Support::real;
  d.levels = 0;
  d.train = 15;
  d.test = 5;
  d.shuffle = 1;
  EXPECT_EQ(load(d, {}).test.x.rows(), 5);
  d.test = 6;
  EXPECT_SAYS(refusal([&] { load(d, {}); }), "holds an array [20, 2]; expected [21, 2]");
}

}  // namespace
}  // namespace elbo::host::data
