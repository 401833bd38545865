#include "base/images/png_writer.hpp"

#include <gtest/gtest.h>
#include <png.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include <elbo/error.hpp>

namespace elbo::host {
namespace {

std::vector<uint8_t> read_png(const std::filesystem::path& file, uint32_t format) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_TRUE(png_image_begin_read_from_file(&image, file.c_str())) << image.message;
  EXPECT_EQ(image.format, format);
  image.format = format;
  std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(image));
  EXPECT_TRUE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr)) << image.message;
  return pixels;
}

class Png : public testing::Test {
 protected:
  ~Png() override { std::filesystem::remove(file); }
  std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("elbo-png-test-" + std::to_string(getpid()) + ".png");
};

}  // namespace

TEST_F(Png, GreyComesBackAsItWas) {
  const std::vector<uint8_t> pixels = {0, 1, 2, 127, 128, 255};
  write_png(file, 3, 2, 1, pixels);
  EXPECT_EQ(read_png(file, PNG_FORMAT_GRAY), pixels);
}

TEST_F(Png, ColourComesBackAsItWas) {
  const std::vector<uint8_t> pixels = {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7};
  write_png(file, 2, 2, 3, pixels);
  EXPECT_EQ(read_png(file, PNG_FORMAT_RGB), pixels);
}

TEST_F(Png, WrongSizesAreRefused) {
  const std::vector<uint8_t> pixels(12);
  EXPECT_THROW(write_png(file, 3, 2, 1, pixels), Error);
  EXPECT_THROW(write_png(file, 3, 2, 2, pixels), Error);
  EXPECT_THROW(write_png(file, 0, 0, 1, {}), Error);
  EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace elbo::host
