#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "data/files/data_record.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

using Bytes = std::vector<uint8_t>;

DataConfig sizes(const Sizes& s) { return config_of("", s); }

// Ten training images and four test images of 2 x 2; pixel values and labels are the row's number.
class Ten : public ::testing::Test {
 protected:
  Ten() {
    put("train-images-idx3-ubyte", train_);
    put("t10k-images-idx3-ubyte", test_);
    put("train-labels-idx1-ubyte", idx(0x08, {10}, {"\0\1\2\3\4\5\6\7\x08\x09", 10}));
    put("t10k-labels-idx1-ubyte", idx(0x08, {4}, {"\0\1\2\3", 4}));
  }

  static std::string images(uint32_t rows) {
    std::string values;
    for (uint32_t row = 0; row < rows; ++row) values += std::string(4, static_cast<char>(row));
    return idx(0x08, {rows, 2, 2}, values);
  }
  void put(const std::string& name, const std::string& content) { write(folder_ / name, content); }

  Description described() const {
    Description d;
    d.name = "ten";
    d.format = "idx";
    d.folders = {static_cast<const fs::path&>(folder_).string()};
    d.how_to_get = "run: make ten";
    d.shape = {1, 2, 2};
    d.train = 10;
    d.test = 4;
    d.files = {{"train_x", "train-images-idx3-ubyte", "", md5_of(train_)},
               {"train_labels", "train-labels-idx1-ubyte", "", ""},
               {"test_x", "t10k-images-idx3-ubyte", "", md5_of(test_)},
               {"test_labels", "t10k-labels-idx1-ubyte", "", ""}};
    return d;
  }

  static std::vector<int64_t> first_pixels(const Split& split) {
    std::vector<int64_t> firsts;
    const auto& values = std::get<Bytes>(split.x.values);
    for (size_t i = 0; i < values.size(); i += 4) firsts.push_back(values[i]);
    return firsts;
  }

  static std::vector<int64_t> sorted(std::vector<int64_t> values) {
    std::sort(values.begin(), values.end());
    return values;
  }

  Folder folder_;
  const std::string train_ = images(10), test_ = images(4);
};

TEST_F(Ten, AllIsTheDefault) {
  const Dataset data = load(described(), {});
  EXPECT_EQ(data.train.x.shape, (Shape{10, 1, 2, 2}));
  EXPECT_EQ(data.valid.x.rows(), 0);
  EXPECT_EQ(sorted(data.test.labels), (std::vector<int64_t>{0, 1, 2, 3}));
}

// Pixels, labels and places in the file are one number here.
TEST_F(Ten, SubsetsAreDrawnNotCutAndFewerAreTheFirstOfMore) {
  const Dataset data = load(described(), sizes({.train = 5, .valid = 3, .test = 2}));
  const std::vector<int64_t> train = first_pixels(data.train), valid = first_pixels(data.valid);
  EXPECT_EQ(train.size(), 5u);
  EXPECT_NE(train, sorted(train));
  EXPECT_EQ(data.train.labels, train);
  EXPECT_EQ(data.train.rows, train);
  EXPECT_EQ(data.valid.labels, valid);
  EXPECT_EQ(data.test.rows, first_pixels(data.test));
  for (const int64_t row : valid) EXPECT_EQ(std::count(train.begin(), train.end(), row), 0) << row;

  const std::vector<int64_t> more = first_pixels(load(described(), sizes({.train = 7})).train);
  EXPECT_EQ(train, (std::vector<int64_t>(more.begin(), more.begin() + 5)));
  EXPECT_EQ(sorted(first_pixels(load(described(), {}).train)), (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(load(described(), sizes({.valid = 4})).train.x.rows(), 6);
}

TEST_F(Ten, ValidationFilesAreUsedAndTakeNothingFromTheTrainingData) {
  put("valid", images(6));
  Description d = described();
  d.valid = 6;
  d.files.push_back({"valid_x", "valid", "", ""});
  const Dataset all = load(d, {});
  EXPECT_EQ(sorted(first_pixels(all.valid)), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(all.train.x.rows(), 10);
  const Dataset fewer = load(d, sizes({.train = 10, .valid = 2}));
  EXPECT_EQ(fewer.valid.x.rows(), 2);
  EXPECT_EQ(fewer.train.x.rows(), 10);
  EXPECT_SAYS(refusal([&] { load(d, sizes({.valid = 7})); }),
              "valid = 7 asks for more validation data than there are; expected at most 6");
}

TEST_F(Ten, ImpossibleSplitsAreRefused) {
  EXPECT_SAYS(refusal([&] { load(described(), sizes({.valid = 10})); }), "leaves no training data");
  EXPECT_SAYS(refusal([&] { load(described(), sizes({.train = 8, .valid = 3})); }),
              "ask for 11 rows; expected at most 10");
  EXPECT_SAYS(refusal([&] { load(described(), sizes({.train = 11})); }), "expected at most 10");
  EXPECT_SAYS(refusal([&] { load(described(), sizes({.test = 5})); }),
              "test = 5 asks for more than there are; expected at most 4");
}

TEST_F(Ten, AMissingFileSaysHowToGetIt) {
  fs::remove(folder_ / "t10k-images-idx3-ubyte");
  for (const std::string& said :
       {refusal([&] { load(described(), {}); }), refusal([&] { fingerprint(described(), {}); })}) {
    EXPECT_SAYS(said, "t10k-images-idx3-ubyte is missing");
    EXPECT_SAYS(said, "run: make ten");
  }
}

TEST_F(Ten, AnotherContentFailsTheChecksum) {
  std::string other = train_;
  other.back() = 1;
  put("train-images-idx3-ubyte", other);
  const std::string said = refusal([&] { load(described(), {}); });
  EXPECT_SAYS(said, md5_of(other));
  EXPECT_SAYS(said, md5_of(train_));
}

TEST_F(Ten, ThePackedFileHasTheSameChecksum) {
  fs::remove(folder_ / "train-images-idx3-ubyte");
  write_gzip(folder_ / "train-images-idx3-ubyte.gz", train_);
  EXPECT_EQ(load(described(), {}).train.x.rows(), 10);
}

TEST_F(Ten, FilesThatDoNotFitTheDescriptionAreRefused) {
  Description d = described();
  d.shape = {1, 2, 3};
  EXPECT_SAYS(refusal([&] { load(d, {}); }), "holds an array [10, 2, 2]; expected [10, 1, 2, 3]");
  d = described();
  d.train = 12;
  EXPECT_SAYS(refusal([&] { load(d, {}); }), "holds an array [10, 2, 2]");
  d = described();
  d.levels = 8;
  EXPECT_SAYS(refusal([&] { load(d, {}); }), "data point 8 holds 8; expected values of support levels (0 to 7)");
  put("t10k-labels-idx1-ubyte", idx(0x08, {3}, "abc"));
  EXPECT_SAYS(refusal([&] { load(described(), {}); }), "expected 4 labels");
}

TEST_F(Ten, FingerprintIsOfDataAndSplitNotOfPlaces) {
  const std::string all = fingerprint(described(), {});
  DataConfig binary = sizes({.train = 10});
  binary.observe = "binary";
  EXPECT_EQ(all, fingerprint(described(), binary));
  EXPECT_NE(all, fingerprint(described(), sizes({.train = 9})));
  EXPECT_NE(all, fingerprint(described(), sizes({.valid = 1})));
  EXPECT_NE(all, fingerprint(described(), sizes({.test = 3})));
  Description renamed = described();
  renamed.name = "other";
  for (Description::File& file : renamed.files) file.md5.clear();
  EXPECT_EQ(all, fingerprint(renamed, {}));
  put("t10k-labels-idx1-ubyte", idx(0x08, {4}, "abcd"));
  EXPECT_NE(all, fingerprint(described(), {}));
}

TEST_F(Ten, OwnIdxFolderNeedsNoDescription) {
  const DataConfig config = own(folder_, "idx");
  const Description d = description_of(config);
  EXPECT_EQ(d.shape, (Shape{1, 2, 2}));
  EXPECT_EQ(d.support, Support::levels);
  EXPECT_EQ(load(d, config).train.labels.size(), 10u);
  fs::remove(folder_ / "train-labels-idx1-ubyte");
  fs::remove(folder_ / "t10k-labels-idx1-ubyte");
  EXPECT_TRUE(load(description_of(config), config).train.labels.empty());
  fs::remove(folder_ / "t10k-images-idx3-ubyte");
  EXPECT_SAYS(refusal([&] { description_of(config); }), "t10k-images-idx3-ubyte is missing");
}

TEST(OwnData, Hdf5FloatsAreWhatObserveSays) {
  const Folder folder;
  {
    Hdf5Writer file(folder / "own.h5");
    file.add("/train/x", H5T_IEEE_F32LE, {3, 2}, std::vector<float>{0, 0.5f, 1, 0.25f, 0.75f, 1});
    file.add("/test/x", H5T_IEEE_F32LE, {1, 2}, std::vector<float>{0, 2});
    file.add("/test/labels", H5T_STD_I64LE, {1}, std::vector<int64_t>{7});
  }
  DataConfig config = own(folder / "own.h5", "hdf5", "real");
  const Dataset data = load(description_of(config), config);
  EXPECT_EQ(data.support, Support::real);
  EXPECT_EQ(data.shape, (Shape{2}));
  EXPECT_EQ(data.test.labels, (std::vector<int64_t>{7}));
  config.observe = "unit_interval";
  EXPECT_SAYS(refusal([&] { load(description_of(config), config); }),
              "data point 0 holds 2; expected values of support unit_interval");
}

TEST(OwnData, Hdf5BytesOfZeroAndOneAreBinary) {
  const Folder folder;
  {
    Hdf5Writer file(folder / "own.h5");
    file.add("/train/x", H5T_STD_U8LE, {2, 2, 2}, Bytes{0, 1, 0, 1, 1, 1, 0, 0});
    file.add("/test/x", H5T_STD_U8LE, {1, 2, 2}, Bytes{0, 1, 0, 1});
  }
  const DataConfig config = own(folder / "own.h5", "hdf5");
  const Description d = description_of(config);
  EXPECT_EQ(d.support, Support::binary);
  EXPECT_EQ(d.shape, (Shape{1, 2, 2}));
}

TEST(OwnData, NonFiniteValuesAreRefused) {
  const Folder folder;
  {
    Hdf5Writer file(folder / "own.h5");
    file.add("/train/x", H5T_IEEE_F32LE, {2, 1}, std::vector<float>{0, std::numeric_limits<float>::infinity()});
    file.add("/test/x", H5T_IEEE_F32LE, {1, 1}, std::vector<float>{0});
  }
  const DataConfig config = own(folder / "own.h5", "hdf5", "real");
  EXPECT_SAYS(refusal([&] { load(description_of(config), config); }), "data point 1 holds inf");
}

TEST(Generated, RowsDoNotDependOnHowManyAreAsked) {
  const DataConfig few = config_of("bars", {.train = 10, .test = 5}),
                   many = config_of("bars", {.train = 12000, .test = 50});
  const Description d = description_of(few);
  const Dataset a = load(d, few), b = load(d, many);
  const auto& small = std::get<Bytes>(a.test.x.values);
  const auto& large = std::get<Bytes>(b.test.x.values);
  EXPECT_TRUE(std::equal(small.begin(), small.end(), large.begin()));
  EXPECT_EQ(b.train.x.rows(), 12000);
  EXPECT_EQ(a.test.exact_log_px[4], b.test.exact_log_px[4]);
  DataConfig reseeded = few;
  reseeded.seed = 2;
  EXPECT_NE(fingerprint(d, few), fingerprint(d, reseeded));
}

TEST(RealData, FashionMnistIsWhole) {
  const DataConfig config = config_of("fashion_mnist", {.valid = 10000});
  const Description d = description_of(config);
  if (!fs::exists(d.folders.front())) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  const Dataset data = load(d, config);
  EXPECT_EQ(data.train.x.shape, (Shape{50000, 1, 28, 28}));
  EXPECT_EQ(data.valid.x.rows(), 10000);
  EXPECT_EQ(data.test.labels.size(), 10000u);
  const Dataset all = load(d, {});
  const auto first = std::find(all.train.rows.begin(), all.train.rows.end(), 0) - all.train.rows.begin();
  EXPECT_EQ(all.train.labels.at(static_cast<size_t>(first)), 9);  // an ankle boot
}

TEST(RealData, MnistHasItsKnownMean) {
  const char* folder = std::getenv("ELBO_TEST_DATA");
  if (!folder || !fs::exists(fs::path(folder) / "mnist")) GTEST_SKIP() << "ELBO_TEST_DATA names no folder with mnist/";
  const DataConfig config = config_of("mnist");
  Description d = description_of(config);
  d.folders = {(fs::path(folder) / "mnist").string()};
  const Dataset data = load(d, config);
  double sum = 0;
  for (const uint8_t pixel : std::get<Bytes>(data.train.x.values)) sum += pixel;
  EXPECT_NEAR(sum / (255.0 * 784 * 60000), 0.1306604763, 1e-10);
}

}  // namespace
}  // namespace elbo::host::data
