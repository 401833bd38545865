// Images among the user's own data: folders of unequal, deep or transparent ones, and where arrays have their channels.
#include "data/own_images.hpp"

#include <algorithm>

#include "data/dataset.hpp"
#include "data/splits/split_parts.hpp"
#include "files.hpp"
#include "support/images.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

class OwnImages : public ::testing::Test {
 protected:
  void grey(const std::string& name, uint32_t height, uint32_t width, int bits = 8) {
    std::vector<uint16_t> values(static_cast<size_t>(height) * width);
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint16_t>((i * 97 + height) % (1U << bits));
    write_file(folder_ / name, png_bytes({.width = width, .height = height, .bits = bits, .values = values}));
  }
  DataConfig config() { return own(folder_, ""); }
  std::string fault(const DataConfig& config) {
    return refusal([&] { own_description(config); });
  }
  std::vector<std::string> void_keys(const DataConfig& config) {
    std::vector<std::string> keys;
    for (const WithoutEffect& one : settings_without_effect(own_description(config), config)) keys.push_back(one.key);
    return keys;
  }
  bool is_void(const DataConfig& config, const std::string& key) {
    const auto keys = void_keys(config);
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }
  Folder folder_;
};

TEST_F(OwnImages, AreMadeOneSizeByResizeCropAndPad) {
  for (int i = 0; i < 10; ++i) grey(std::to_string(i) + ".png", 4 + i % 2, 6);
  EXPECT_SAYS(fault(config()), "its images have 2 sizes, as 4 x 6 (0.png) and 5 x 6 (1.png)");
  DataConfig resized = config();
  resized.resize = {2, 3};
  const Description d = own_description(resized);
  EXPECT_EQ(d.format, "images");
  EXPECT_EQ(d.shape, (Shape{1, 2, 3}));
  EXPECT_EQ(d.levels, 256);
  EXPECT_EQ(load(d, resized).train.x.shape, (Shape{8, 1, 2, 3}));
  DataConfig padded = config();
  padded.crop = {4, 4};
  padded.pad = {8, 8};
  EXPECT_EQ(own_description(padded).shape, (Shape{1, 8, 8}));
  resized.resize = {32};
  EXPECT_SAYS(fault(resized), "[dataset] resize = [32]: has 1 number; expected two, height and width");
}

TEST_F(OwnImages, OfAllPartsAreAlike) {
  for (int i = 0; i < 4; ++i)
    grey("train/" + std::to_string(i) + ".png", 4, 4), grey("test/" + std::to_string(i) + ".png", 4, 5);
  EXPECT_SAYS(fault(config()),
              "its images in test are 4 x 5 and those in train 4 x 4; expected one kind; set "
              "dataset.resize = [4, 4], or crop or pad");
  DataConfig cropped = config();
  cropped.crop = {4, 4};
  EXPECT_EQ(own_description(cropped).test, 4);
  EXPECT_FALSE(is_void(cropped, "crop"));
  for (int i = 0; i < 4; ++i) grey("test/" + std::to_string(i) + ".png", 4, 4, 16);
  EXPECT_SAYS(fault(config()), "its images in test have 16 bits a value and those in train have 8");
}

TEST_F(OwnImages, TwoFoldersOfOnePartAreRefused) {
  for (const char* part : {"train", "Train", "test"}) fs::create_directories(folder_ / part);
  std::vector<std::string> notes;
  EXPECT_SAYS(refusal([&] { image_files(folder_, notes); }), "has the folders Train and train, which both say");
}

TEST_F(OwnImages, OfSixteenBitsHave65536Levels) {
  for (int i = 0; i < 10; ++i) grey(std::to_string(i) + ".png", 4, 4, 16);
  const Description d = own_description(config());
  EXPECT_EQ(d.support, Support::levels);
  EXPECT_EQ(d.levels, 65536);
  const Dataset dataset = load(d, config());
  const auto& values = std::get<std::vector<float>>(dataset.train.x.values);
  EXPECT_EQ(*std::max_element(values.begin(), values.end()), 15 * 97 + 4);
}

TEST_F(OwnImages, SettingsWithoutEffectAreNamed) {
  for (int i = 0; i < 10; ++i) grey(std::to_string(i) + ".png", 4, 4);
  DataConfig same = config();
  same.resize = {4, 4};
  EXPECT_TRUE(is_void(same, "resize"));
  EXPECT_TRUE(is_void(same, "background"));
  EXPECT_TRUE(is_void(same, "layout"));
  same.resize = {2, 2};
  EXPECT_FALSE(is_void(same, "resize"));
  write(folder_ / "a.npy", npy("'|u1'", "(2, 2, 2)", "abcdefgh"));
  DataConfig array = own(folder_ / "a.npy", "npy");
  EXPECT_TRUE(is_void(array, "resize"));
}

/// Shape and notes of the data of a NumPy array of bytes.
class ArraysOfImages : public OwnImages {
 protected:
  Description described(const Shape& one, const std::string& layout = "") {
    const int64_t rows = 10;
    const std::string shape =
        "(10, " + std::to_string(one[0]) + ", " + std::to_string(one[1]) + ", " + std::to_string(one[2]) + ")";
    write(folder_ / "a.npy", npy("'|u1'", shape, std::string(static_cast<size_t>(rows * numel(one)), 'x')));
    DataConfig config = own(folder_ / "a.npy", "npy");
    config.layout = layout;
    return own_description(config);
  }
};

TEST_F(ArraysOfImages, ChannelsAreRecognisedOrAskedFor) {
  EXPECT_EQ(described({3, 8, 9}).shape, (Shape{3, 8, 9}));
  EXPECT_EQ(described({8, 9, 3}).shape, (Shape{3, 8, 9}));
  EXPECT_EQ(described({8, 9, 4}).shape, (Shape{4, 8, 9}));
  EXPECT_EQ(described({8, 8, 10}).shape, (Shape{10, 8, 8}));
  EXPECT_EQ(described({3, 8, 3}).shape, (Shape{3, 8, 3}));
  EXPECT_EQ(described({3, 8, 3}, "channels_last").shape, (Shape{3, 3, 8}));
  const Description planes = described({10, 8, 8});
  EXPECT_EQ(planes.shape, (Shape{10, 8, 8}));
  EXPECT_SAYS(planes.notes.at(0), "are taken for 10 channels of height 8 and width 8; layout = \"channels_last\"");
  EXPECT_SAYS(refusal([&] { described({8, 9, 10}); }),
              "holds arrays [8, 9, 10], and nothing tells which of these are the channels; expected images; set "
              "dataset.layout = \"channels_first\" or \"channels_last\"");
  EXPECT_EQ(described({8, 9, 10}, "channels_last").shape, (Shape{10, 8, 9}));
  EXPECT_EQ(described({8, 9, 10}, "channels_first").shape, (Shape{8, 9, 10}));
}

}  // namespace
}  // namespace elbo::host::data
