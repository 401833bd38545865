// Folders of images of all kinds.
#include "formats/images/image_folder.hpp"

#include "files.hpp"
#include "support/images.hpp"

namespace elbo::host::formats {
namespace {
using namespace test;

using Bytes = std::vector<uint8_t>;
using Notes = std::vector<std::string>;

class ImagesInFolder : public ::testing::Test {
 protected:
  void png(const std::string& name, const PngContent& content) { write_file(folder_ / name, png_bytes(content)); }
  void grey(const std::string& name, std::vector<uint16_t> pixels, uint32_t width = 2) {
    const auto height = static_cast<uint32_t>(pixels.size()) / width;
    png(name, {.width = width, .height = height, .values = std::move(pixels)});
  }
  Array images(const ImageOptions& options = {}, const char* format = "images") {
    return read_with(*find_format(format), {.path = folder_, .images = options});
  }
  std::string fault(const ImageOptions& options = {}) {
    return refusal([&] { images(options); });
  }
  Array classes() { return test::read("images", folder_, "", true); }
  Folder folder_;
};

TEST_F(ImagesInFolder, AreTakenInTheOrderOfPaths) {
  grey("b.png", {4, 5, 6, 7, 8, 9});
  grey("a.PNG", {1, 2, 3, 4, 5, 6});
  const Array read = images();
  EXPECT_EQ(read.shape, (Shape{2, 1, 3, 2}));
  EXPECT_EQ(std::get<0>(read.values), (Bytes{1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8, 9}));
}

TEST_F(ImagesInFolder, ColourIsGivenInPlanesToAll) {
  png("a.png", {.width = 2, .type = PNG_COLOR_TYPE_RGB, .values = {1, 2, 3, 4, 5, 6}});
  grey("b.png", {9, 8});
  const Array read = images();
  EXPECT_EQ(read.shape, (Shape{2, 3, 1, 2}));
  EXPECT_EQ(std::get<0>(read.values), (Bytes{1, 4, 2, 5, 3, 6, 9, 8, 9, 8, 9, 8}));
  EXPECT_EQ(read.notes, Notes{"grey images among those in colour, whose value all channels get: 1"});
}

TEST_F(ImagesInFolder, PngAndJpegLieTogetherWhateverTheirNames) {
  write_file(folder_ / "a.jpg", jpeg_bytes(2, 1, 1, {70, 70}));
  write_file(folder_ / "b.JPEG", png_bytes({.width = 2, .values = {3, 4}}));
  grey("c.png", {5, 6});
  EXPECT_EQ(std::get<0>(images().values), (Bytes{70, 70, 3, 4, 5, 6}));
  EXPECT_EQ(std::get<0>(images({}, "png").values), (Bytes{5, 6}));
  EXPECT_EQ(images({}, "png").notes, Notes{"files of other kinds skipped: 2, such as a.jpg"});
}

TEST_F(ImagesInFolder, SixteenBitsBecomeFloatsAndEightAreScaled) {
  png("a.png", {.width = 2, .bits = 16, .values = {258, 65535}});
  grey("b.png", {1, 255});
  const Array read = images({.pad = {1, 3}, .pad_value = 40000});
  EXPECT_EQ(std::get<1>(read.values), (std::vector<float>{258, 65535, 40000, 257, 65535, 40000}));
  EXPECT_EQ(read.images->levels, 65536);
  EXPECT_TRUE(read.images->has_other_sizes);
}

TEST_F(ImagesInFolder, GreyPalettesAreGrey) {
  png("a.png", {.width = 2, .type = PNG_COLOR_TYPE_PALETTE, .values = {1, 0}, .palette = {{7, 7, 7}, {9, 9, 9}}});
  const Array read = images();
  EXPECT_EQ(read.shape, (Shape{1, 1, 1, 2}));
  EXPECT_EQ(std::get<0>(read.values), (Bytes{9, 7}));
}

TEST_F(ImagesInFolder, OpaqueAlphaIsLeftOutAndTransparencyNeedsABackground) {
  png("a.png", {.width = 1, .type = PNG_COLOR_TYPE_RGB_ALPHA, .values = {1, 2, 3, 255}});
  EXPECT_EQ(std::get<0>(images().values), (Bytes{1, 2, 3}));
  EXPECT_EQ(images().notes, Notes{"alpha channels left out, since every pixel is opaque: 1"});
  EXPECT_FALSE(images().images->has_transparency);
  png("b.png", {.width = 1, .type = PNG_COLOR_TYPE_GRAY_ALPHA, .values = {9, 0}});
  EXPECT_SAYS(fault(), "b.png: has transparent pixels; expected opaque ones");
  EXPECT_SAYS(fault(), "set dataset.background = \"white\", \"grey\" or \"black\"");
  EXPECT_EQ(std::get<0>(images({.background = "white"}).values), (Bytes{1, 2, 3, 255, 255, 255}));
  EXPECT_TRUE(images({.background = "white"}).images->has_transparency);
}

TEST_F(ImagesInFolder, UnequalSizesNeedATransform) {
  grey("small.png", {1, 2});
  grey("tall.png", {10, 20, 30, 40});
  EXPECT_SAYS(fault(),
              ": its images have 2 sizes, as 1 x 2 (small.png) and 2 x 2 (tall.png); expected one; set "
              "dataset.resize = [1, 2], or crop or pad");
  EXPECT_EQ(std::get<0>(images({.resize = {1, 2}}).values), (Bytes{1, 2, 20, 30}));
  EXPECT_EQ(std::get<0>(images({.crop = {1, 1}}).values), (Bytes{1, 10}));
  EXPECT_EQ(std::get<0>(images({.pad = {2, 2}, .pad_value = 7}).values), (Bytes{1, 2, 7, 7, 10, 20, 30, 40}));
  EXPECT_SAYS(fault({.crop = {2, 2}}), "small.png: is 1 x 2, smaller than crop = [2, 2]");
  EXPECT_SAYS(fault({.pad = {1, 2}}), "tall.png: is 2 x 2, larger than pad = [1, 2]");
  EXPECT_SAYS(fault({.pad = {2, 2}, .pad_value = 256}), "pad_value is 256, and its images hold values up to 255");
}

TEST_F(ImagesInFolder, MoreThanTheMachineHoldsIsRefusedBeforeItIsRead) {
  for (int i = 0; i < 3000; ++i) grey(std::to_string(i) + ".png", {1, 2});
  EXPECT_SAYS(fault({.resize = {16384, 16384}}), "its 3000 images of 16384 x 16384 take 805.3 GB");
}

TEST_F(ImagesInFolder, FoldersAreClasses) {
  grey("shoe/1.png", {1, 1});
  grey("bag/1.png", {2, 2});
  grey("shoe/0.png", {3, 3});
  EXPECT_EQ(std::get<1>(classes().values), (std::vector<float>{0, 1, 1}));
  EXPECT_EQ(std::get<0>(images().values), (Bytes{2, 2, 3, 3, 1, 1}));
}

TEST_F(ImagesInFolder, AFewImagesBesideManyInFoldersAreLeftOut) {
  for (int i = 0; i < 20; ++i) grey((i % 2 ? "a/" : "b/") + std::to_string(i) + ".png", {1, 1});
  grey("sheet.png", {2, 2});
  EXPECT_EQ(images().rows(), 20);
  EXPECT_EQ(images().notes, Notes{"images beside the folders of classes left out: 1, such as sheet.png"});
  EXPECT_EQ(classes().rows(), 20);
  grey("another.png", {2, 2});
  EXPECT_EQ(images().rows(), 22);
  EXPECT_SAYS(refusal([&] { classes(); }), "another.png: lies in no folder of its class");
}

TEST_F(ImagesInFolder, HiddenAndForeignFilesAreCountedAndSkipped) {
  grey("a/1.png", {1, 1});
  grey("a/.ipynb_checkpoints/1-checkpoint.png", {2, 2});
  grey("a/._1.png", {3, 3});
  grey("__MACOSX/a/1.png", {3, 3});
  test::write(folder_ / "a" / "notes.txt", "x");
  const Array read = images();
  EXPECT_EQ(std::get<0>(read.values), (Bytes{1, 1}));
  EXPECT_EQ(read.notes, (Notes{"hidden files skipped: 3", "files of other kinds skipped: 1, such as a/notes.txt"}));
  EXPECT_EQ(classes().table[0].levels, Notes{"a"});
}

TEST_F(ImagesInFolder, FaultsAreNamed) {
  EXPECT_SAYS(fault(), "holds no PNG or JPEG images");
  EXPECT_SAYS(refusal([&] { test::read("images", folder_ / "none"); }), "holds no PNG or JPEG images");
  test::write(folder_ / "x.gif", "GIF89a");
  EXPECT_SAYS(fault(), "holds no PNG or JPEG images but 1 other file, such as x.gif");
  grey("a.png", {1, 2});
  EXPECT_SAYS(refusal([&] { classes(); }), "a.png: lies in no folder of its class");
  test::write(folder_ / "b.png", "text");
  EXPECT_SAYS(fault(), "b.png: is no image that can be read");
}

TEST_F(ImagesInFolder, TheSurveyCountsSizesAndModes) {
  grey("a.png", {1, 2});
  grey("b.png", {1, 2, 3, 4});
  grey("c.png", {1, 2});
  write_file(folder_ / "d.jpg", jpeg_bytes(2, 1, 3, Bytes(6, 9), exif_with(6)));
  const ImageSurvey survey = survey_of(find_images(folder_));
  EXPECT_EQ(survey.images, 4);
  EXPECT_EQ(survey.turned, 1);
  EXPECT_EQ(survey.with_colour, 1);
  EXPECT_EQ(survey.modes, (std::map<std::string, int64_t>{{"grey", 3}, {"RGB", 1}}));
  EXPECT_EQ(survey.sizes, (std::map<std::pair<int64_t, int64_t>, int64_t>{{{1, 2}, 2}, {{2, 1}, 1}, {{2, 2}, 1}}));
}

}  // namespace
}  // namespace elbo::host::formats
