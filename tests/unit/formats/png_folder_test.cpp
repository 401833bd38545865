
#include <png.h>

#include "files.hpp"

namespace elbo::host::formats {
namespace {
using namespace test;

using Bytes = std::vector<uint8_t>;

void write_image(const fs::path& file, uint32_t width, uint32_t height, uint32_t format, const Bytes& pixels) {
  fs::create_directories(file.parent_path());
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  ASSERT_TRUE(png_image_write_to_file(&image, file.c_str(), 0, pixels.data(), 0, nullptr));
}

class PngFolder : public ::testing::Test {
 protected:
  void grey(const std::string& name, const Bytes& pixels, uint32_t width = 2) {
    write_image(folder_ / name, width, static_cast<uint32_t>(pixels.size()) / width, PNG_FORMAT_GRAY, pixels);
  }
  Folder folder_;
};

TEST_F(PngFolder, ReadsGreyInTheOrderOfPaths) {
  grey("b.png", {4, 5, 6, 7, 8, 9});
  grey("a.PNG", {1, 2, 3, 4, 5, 6});
  write(folder_ / "notes.txt", "not an image");
  const Array images = test::read("png", folder_);
  EXPECT_EQ(images.shape, (Shape{2, 1, 3, 2}));
  EXPECT_EQ(std::get<0>(images.values), (Bytes{1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8, 9}));
}

TEST_F(PngFolder, ColourIsGivenInPlanes) {
  write_image(folder_ / "a.png", 2, 1, PNG_FORMAT_RGB, {1, 2, 3, 4, 5, 6});
  grey("b.png", {9, 8});
  const Array images = test::read("png", folder_);
  EXPECT_EQ(images.shape, (Shape{2, 3, 1, 2}));
  EXPECT_EQ(std::get<0>(images.values), (Bytes{1, 4, 2, 5, 3, 6, 9, 8, 9, 8, 9, 8}));
}

TEST_F(PngFolder, FoldersAreClasses) {
  grey("shoe/1.png", {1, 1});
  grey("bag/1.png", {2, 2});
  grey("shoe/0.png", {3, 3});
  EXPECT_EQ(std::get<1>(test::read("png", folder_, "", true).values), (std::vector<float>{0, 1, 1}));
  EXPECT_EQ(std::get<0>(test::read("png", folder_).values), (Bytes{2, 2, 3, 3, 1, 1}));
}

TEST_F(PngFolder, FaultsAreNamed) {
  EXPECT_SAYS(refusal([&] { test::read("png", folder_); }), "holds no PNG images");
  EXPECT_SAYS(refusal([&] { test::read("png", folder_ / "none"); }), "holds no PNG images");
  grey("a.png", {1, 2});
  EXPECT_SAYS(refusal([&] { test::read("png", folder_, "", true); }), "a.png: lies in no folder of its class");
  grey("b.png", {1, 2, 3});
  grey("b.png", {1, 2, 3}, 3);
  EXPECT_SAYS(refusal([&] { test::read("png", folder_); }),
              "b.png: is 1 x 3 and a.png is 1 x 2; expected a whole grey");
  write_image(folder_ / "b.png", 2, 1, PNG_FORMAT_RGBA, Bytes(8, 100));
  EXPECT_SAYS(refusal([&] { test::read("png", folder_); }), "b.png: has transparency");
  write(folder_ / "b.png", "text");
  EXPECT_SAYS(refusal([&] { test::read("png", folder_); }), "b.png: libpng says");
}

TEST_F(PngFolder, NoBytesCrash) {
  grey("a.png", {1, 2, 3, 4, 5, 6});
  const std::string whole = slurp(folder_ / "a.png");
  const auto parse = [&](std::span<const std::byte> b) {
    write(folder_ / "a.png", {reinterpret_cast<const char*>(b.data()), b.size()});
    test::read("png", folder_);
  };
  expect_no_damage_harms(whole, parse, 300);
}

TEST_F(PngFolder, HiddenAndForeignFilesAreCountedAndSkipped) {
  grey("a/1.png", {1, 1});
  grey("a/.ipynb_checkpoints/1-checkpoint.png", {2, 2});
  grey("a/._1.png", {3, 3});
  test::write(folder_ / "a" / "notes.txt", "x");
  const Array images = test::read("png", folder_);
  EXPECT_EQ(std::get<0>(images.values), (Bytes{1, 1}));
  EXPECT_EQ(images.notes, (std::vector<std::string>{"hidden files skipped: 2",
                                                    "files of other kinds skipped: 1, such as a/notes.txt"}));
  EXPECT_EQ(test::read("png", folder_, "", true).table[0].levels, std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace elbo::host::formats
