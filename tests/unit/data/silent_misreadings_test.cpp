// What programs read wrongly without a word: halves taken for classes, lost parts, labels coded by part, sentinels, missing labels.
#include <algorithm>
#include <cmath>
#include <map>

#include "data/dataset.hpp"
#include "files.hpp"
#include "support/images.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

using Labels = std::vector<int64_t>;

class SilentMisreadings : public ::testing::Test {
 protected:
  void image(const std::string& name, uint16_t value) {
    write_file(folder_ / name,
               png_bytes({.width = 2, .height = 2, .bits = 8, .values = std::vector<uint16_t>(4, value)}));
  }
  Dataset loaded(const DataConfig& config) { return load(description_of(config), config); }
  /// The label of each image by its grey value.
  static std::map<int, int64_t> labels_by_value(const Split& split) {
    std::map<int, int64_t> found;
    for (size_t i = 0; i < split.labels.size(); ++i) found[std::get<0>(split.x.values)[4 * i]] = split.labels[i];
    return found;
  }
  Folder folder_;
};

TEST_F(SilentMisreadings, FoldersOfPartsAreNoClasses) {
  for (const auto& [name, value] : {std::pair("Train/a.png", 1), {"Train/b.png", 2}, {"Test/a.png", 3}})
    image("caps/" + std::string(name), static_cast<uint16_t>(value));
  const Dataset caps = loaded(own(folder_ / "caps", ""));
  EXPECT_EQ(caps.train.x.rows(), 2);
  EXPECT_EQ(caps.test.x.rows(), 1);
  EXPECT_TRUE(caps.train.labels.empty());
  for (const auto& [name, value] : {std::pair("train/a.png", 1), {"train/b.png", 2}, {"val/a.png", 3}})
    image("two/" + std::string(name), static_cast<uint16_t>(value));
  const Dataset two = loaded(own(folder_ / "two", ""));
  EXPECT_EQ(two.test.x.rows(), 1);
  EXPECT_SAYS(two.notes.at(0), "the images in val are the test data");
  image("two/test/a.png", 4);
  const Dataset three = loaded(own(folder_ / "two", ""));
  EXPECT_EQ(three.valid.x.rows(), 1);
  EXPECT_EQ(std::get<0>(three.valid.x.values)[0], 3);
  EXPECT_EQ(std::get<0>(three.test.x.values)[0], 4);
}

TEST_F(SilentMisreadings, ClassesOfFoldersHaveOneCodeInAllParts) {
  for (const auto& [name, value] : {std::pair("train/ant/0.png", 1),
                                    {"train/bee/0.png", 2},
                                    {"train/cat/0.png", 3},
                                    {"test/ant/0.png", 4},
                                    {"test/cat/0.png", 5}})
    image(name, static_cast<uint16_t>(value));
  const Dataset data = loaded(own(folder_, ""));
  EXPECT_EQ(labels_by_value(data.train), (std::map<int, int64_t>{{1, 0}, {2, 1}, {3, 2}}));
  EXPECT_EQ(labels_by_value(data.test), (std::map<int, int64_t>{{4, 0}, {5, 2}})) << "cat is no bee";
  DataConfig apart = own(folder_ / "train", "");
  apart.test_path = (folder_ / "test").string();
  EXPECT_EQ(labels_by_value(loaded(apart).test), (std::map<int, int64_t>{{4, 0}, {5, 2}}));
}

TEST_F(SilentMisreadings, NamesOfPartsInOneFileAreTheSplit) {
  for (const auto& [train, test, labels] :
       {std::tuple("/x_train", "/x_test", "/y_"), {"/train_images", "/test_images", ""}}) {
    const fs::path path = folder_ / (std::string(train).substr(1) + ".h5");
    {
      Hdf5Writer file(path);
      file.add(train, H5T_STD_U8LE, {3, 2}, std::vector<uint8_t>{0, 1, 2, 3, 4, 5});
      file.add(test, H5T_STD_U8LE, {2, 2}, std::vector<uint8_t>{6, 7, 8, 9});
      const std::string name(labels);
      file.add((name.empty() ? "/train_labels" : name + "train").c_str(), H5T_STD_I64LE, {3}, Labels{7, 8, 9});
      file.add((name.empty() ? "/test_labels" : name + "test").c_str(), H5T_STD_I64LE, {2}, Labels{9, 7});
    }
    const Dataset data = loaded(own(path, ""));
    EXPECT_EQ(data.train.x.rows(), 3);
    EXPECT_EQ(data.test.x.rows(), 2);
    Labels sorted = data.test.labels;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, (Labels{7, 9}));
  }
}

TEST_F(SilentMisreadings, AMissingLabelIsNoClass) {
  DataConfig config = own(write(folder_ / "t.csv", "a,y\n1,u\n2,\n3,v\n4,u\n"), "", "real");
  config.labels = "y";
  EXPECT_SAYS(refusal([&] { loaded(config); }), "column 'y' has no value in 1 of 4 rows; expected a label each");
  {
    Hdf5Writer file(folder_ / "t.h5");
    file.add("/x", H5T_IEEE_F32LE, {3, 1}, std::vector<float>{1, 2, 3});
    file.add("/y", H5T_IEEE_F64LE, {3}, std::vector<double>{0, NAN, 1});
    file.add("/half", H5T_IEEE_F64LE, {3}, std::vector<double>{0, 0.5, 1});
  }
  DataConfig of_h5 = own(folder_ / "t.h5", "", "real");
  of_h5.select = "/x";
  of_h5.labels = "/y";
  EXPECT_SAYS(refusal([&] { loaded(of_h5); }), "holds the label nan; expected names or whole numbers");
  of_h5.labels = "/half";
  EXPECT_SAYS(refusal([&] { loaded(of_h5); }), "holds the label 0.5");
  DataConfig of_csv = own(write(folder_ / "h.csv", "a,y\n1,0\n2,0.5\n3,1\n"), "", "real");
  of_csv.labels = "y";
  EXPECT_SAYS(refusal([&] { loaded(of_csv); }), "holds the label 0.5") << "as in other formats";
}

TEST_F(SilentMisreadings, DeclaredSentinelsAreMissing) {
  DataConfig config = own(write(folder_ / "t.csv", "a,b\n1,2\n-200,3\n4,-200.0\n5,6\n"), "", "real");
  EXPECT_EQ(description_of(config).train + description_of(config).test, 4);
  config.missing_values = {"-200"};
  const Description d = description_of(config);
  EXPECT_EQ(d.train + d.test, 2) << "both notations";
  EXPECT_SAYS(d.notes.at(0), "2 of 4 rows have missing values");
}

TEST_F(SilentMisreadings, AFirstRowWithAMissingValueIsARowAndPlacesCountFromTheFirstColumn) {
  DataConfig config = own(write(folder_ / "t.csv", "2,1,?\n3,7,8\n5,9,1\n"), "", "real");
  config.select = "1";
  const Dataset data = loaded(config);
  std::vector<float> values = std::get<1>(data.train.x.values);
  values.push_back(std::get<1>(data.test.x.values).at(0));
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, (std::vector<float>{2, 3, 5}));
}

}  // namespace
}  // namespace elbo::host::data
