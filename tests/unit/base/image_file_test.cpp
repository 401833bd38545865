// PNG and JPEG files of all kinds, and those that lie about themselves.
#include "base/images/image_file.hpp"

#include <gtest/gtest.h>

#include <array>

#include "base/images/decoders.hpp"
#include "support/images.hpp"
#include "unit/formats/files.hpp"

namespace elbo::host::images {
namespace {
using namespace test;

using Values = std::vector<uint16_t>;

class ImageFiles : public ::testing::Test {
 protected:
  ImageFile file(const std::string& bytes) { return ImageFile(write_file(folder_ / "a.img", bytes)); }
  std::string fault(const std::string& bytes) {
    return refusal([&] { file(bytes).pixels(); });
  }
  Folder folder_;
};

TEST_F(ImageFiles, PngsOfAllKinds) {
  struct Case {
    PngContent content;
    std::string mode;
    bool colour, alpha;
    int64_t bits;
    Values values;
  };
  const std::vector<png_color> colours = {{1, 2, 3}, {40, 50, 60}}, greys = {{7, 7, 7}, {9, 9, 9}};
  const std::vector<Case> cases = {
      {{.width = 2, .values = {3, 250}}, "grey", false, false, 8, {3, 250}},
      {{.width = 2, .bits = 1, .values = {0, 1}}, "1-bit grey", false, false, 8, {0, 255}},
      {{.width = 2, .bits = 4, .values = {1, 15}}, "4-bit grey", false, false, 8, {17, 255}},
      {{.width = 2, .bits = 16, .values = {258, 65535}}, "16-bit grey", false, false, 16, {258, 65535}},
      {{.width = 1, .type = PNG_COLOR_TYPE_RGB, .values = {1, 2, 3}}, "RGB", true, false, 8, {1, 2, 3}},
      {{.width = 1, .type = PNG_COLOR_TYPE_RGB, .bits = 16, .values = {1, 256, 65534}},
       "16-bit RGB",
       true,
       false,
       16,
       {1, 256, 65534}},
      {{.width = 1, .type = PNG_COLOR_TYPE_RGB_ALPHA, .values = {1, 2, 3, 4}},
       "RGB with alpha",
       true,
       true,
       8,
       {1, 2, 3, 4}},
      {{.width = 2, .type = PNG_COLOR_TYPE_GRAY_ALPHA, .values = {1, 255, 2, 0}},
       "grey with alpha",
       false,
       true,
       8,
       {1, 255, 2, 0}},
      {{.width = 2, .type = PNG_COLOR_TYPE_PALETTE, .values = {1, 0}, .palette = colours},
       "8-bit palette",
       true,
       false,
       8,
       {40, 50, 60, 1, 2, 3}},
      {{.width = 2, .type = PNG_COLOR_TYPE_PALETTE, .bits = 1, .values = {1, 0}, .palette = greys},
       "1-bit palette",
       false,
       false,
       8,
       {9, 9, 9, 7, 7, 7}},
      {{.width = 2, .type = PNG_COLOR_TYPE_PALETTE, .values = {1, 0}, .palette = colours, .palette_alpha = {128}},
       "8-bit palette with alpha",
       true,
       true,
       8,
       {40, 50, 60, 255, 1, 2, 3, 128}},
      {{.width = 2, .height = 2, .values = {1, 2, 3, 4}, .interlaced = true}, "grey", false, false, 8, {1, 2, 3, 4}},
      {{.width = 2, .values = {3, 250}, .gamma = 1}, "grey", false, false, 8, {3, 250}},  // as stored
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.mode);
    const ImageFile image = file(png_bytes(one.content));
    EXPECT_EQ(image.header().mode, one.mode);
    EXPECT_EQ(image.header().colour, one.colour);
    EXPECT_EQ(image.header().alpha, one.alpha);
    EXPECT_EQ(image.header().bits, one.bits);
    EXPECT_EQ(image.pixels().values, one.values);
  }
}

/// Encoded by Pillow 9.4 (quality 90, 4:2:0), decoded by it (libjpeg-turbo 2.1.5): the first row of 6.
const std::string jpeg_of_pillow_in_hex =
    "ffd8ffe000104a46494600010100000100010000ffdb0043000302020302020303030304030304050805050404050a070706080c0a0c0c0b"
    "0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f171816141812141514ffdb00430103040405040509050509140d0b0d14141414"
    "14141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414ffc00011080006"
    "000903012200021101031101ffc4001f0000010501010101010100000000000000000102030405060708090a0bffc400b510000201030302"
    "0403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a2526"
    "2728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a9293949596"
    "9798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6"
    "f7f8f9faffc4001f0100030101010101010101010000000000000102030405060708090a0bffc400b5110002010204040304070504040001"
    "0277000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a3536"
    "3738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3"
    "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9faffda000c"
    "03010002110311003f00ddf837fb38695fb8e62edfc3ff00d6afa13fe19c34af58bfef9ffeb51457c21f147fffd9";

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

TEST_F(ImageFiles, AJpegHasTheValuesThatPillowReads) {
  const ImageFile image = file(from_hex(jpeg_of_pillow_in_hex));
  EXPECT_EQ(image.header().mode, "RGB");
  const Pixels pixels = image.pixels();
  ASSERT_EQ(pixels.values.size(), 6U * 9 * 3);
  EXPECT_EQ(Values(pixels.values.begin(), pixels.values.begin() + 27),
            (Values{9,  59, 0,   20, 70, 9,   31, 81, 20,  41, 91, 30,  53, 103,
                    42, 64, 114, 53, 75, 125, 64, 86, 136, 75, 97, 147, 86}));
}

TEST_F(ImageFiles, JpegsGreyAndProgressive) {
  const ImageFile grey = file(jpeg_bytes(3, 2, 1, {70, 70, 70, 70, 70, 70}));
  EXPECT_EQ(grey.header().mode, "grey");
  EXPECT_EQ(grey.pixels().values, Values(6, 70));
  EXPECT_EQ(file(jpeg_bytes(3, 2, 1, {70, 70, 70, 70, 70, 70}, "", true)).pixels().values, Values(6, 70));
}

/// ImageOps.exif_transpose of Pillow 9.4 of the rows 1 2 3 and 4 5 6.
TEST_F(ImageFiles, AreTurnedUpright) {
  const std::array<Values, 8> turned = {Values{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                        {4, 5, 6, 1, 2, 3},       {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                        {6, 3, 5, 2, 4, 1},       {3, 6, 2, 5, 1, 4}};
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (const bool little_endian : {true, false}) {
      const ImageFile image = file(png_bytes(
          {.width = 3, .height = 2, .values = {1, 2, 3, 4, 5, 6}, .exif = exif_with(orientation, little_endian)}));
      EXPECT_EQ(image.header().orientation, orientation);
      EXPECT_EQ(image.header().height, orientation < 5 ? 2 : 3);
      const Pixels pixels = image.pixels();
      EXPECT_EQ(pixels.height, image.header().height);
      EXPECT_EQ(pixels.values, turned.at(static_cast<size_t>(orientation) - 1)) << orientation;
    }
  const ImageFile jpeg = file(jpeg_bytes(2, 1, 1, {0, 255}, exif_with(8)));
  EXPECT_EQ(jpeg.header().height, 2);
  EXPECT_GT(jpeg.pixels().values[0], jpeg.pixels().values[1]);
  for (const std::string& damaged : {std::string("II"), std::string("II*\0\xFF\xFF\xFF\xFF", 8), exif_with(9)})
    EXPECT_EQ(exif_orientation(damaged), 1);
}

TEST_F(ImageFiles, WhatIsRefusedIsNamed) {
  const auto says = [&](const std::string& bytes, const std::string& found) {
    const std::string sentence = fault(bytes);
    EXPECT_SAYS(sentence, (folder_ / "a.img").string() + ": ");
    EXPECT_SAYS(sentence, found);
    EXPECT_SAYS(sentence, "expected a whole PNG or JPEG image");
  };
  says("", "is empty");
  says("GIF89a", "is a GIF image");
  says(std::string("RIFF\0\0\0\0WEBPVP8 ", 16), "is a WebP image");
  says("<html>", "is text in HTML");
  says("text", "is no image that can be read");
  says(jpeg_bytes(1, 1, 4, {1, 2, 3, 4}), "has 4 colour channels (CMYK, as for print)");
  std::string png = png_bytes({.width = 2, .values = {3, 250}});
  says(png.substr(0, png.size() - 20), "truncated");
  says(png.substr(0, 20), "truncated");
  png[45] ^= 1;
  says(png, "is damaged: libpng says");
}

std::string shaded(uint32_t side) {
  std::vector<uint8_t> values;
  for (uint32_t i = 0; i < side * side; ++i) values.push_back(static_cast<uint8_t>(i * i % 251));
  return jpeg_bytes(side, side, 1, values);
}

TEST_F(ImageFiles, ATruncatedJpegIsNoWholeImage) {
  const std::string jpeg = shaded(64);
  EXPECT_SAYS(fault(jpeg.substr(0, jpeg.size() * 2 / 3)), "is damaged: libjpeg says \"Premature end of JPEG file\"");
  std::string damaged = jpeg;
  damaged.replace(jpeg.size() / 2, 2, "\xFF\xD9");  // the mark of its end
  EXPECT_SAYS(fault(damaged), "is damaged: libjpeg says");
}

/// Sizes in the headers of files of a few hundred bytes.
TEST_F(ImageFiles, NoMemoryIsTakenForSizesThatAreOnlyClaimed) {
  std::string png = png_bytes({.width = 2, .values = {3, 250}});
  const auto with_size = [&](uint32_t width, uint32_t height) {
    std::string claimed = png;
    claimed.replace(16, 8, big_endian(width) + big_endian(height));
    const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(claimed.data()) + 12, 17);
    return claimed.replace(29, 4, big_endian(static_cast<uint32_t>(crc)));
  };
  EXPECT_SAYS(fault(with_size(100000, 100000)),
              "says that it is 100000 x 100000 pixels large, and at most 16384 a side");
  EXPECT_SAYS(fault(with_size(16000, 16000)), "and 100 million in all");
  EXPECT_SAYS(fault(with_size(8000, 8000)), "8000 x 8000 pixels large and has 68 bytes, too few for them (truncated)");
  std::string jpeg = shaded(64);
  const size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  const auto jpeg_with_side = [&](int side) {
    const std::string number = {static_cast<char>(side >> 8), static_cast<char>(side)};
    std::string claimed = jpeg;
    return claimed.replace(frame + 5, 4, number + number);
  };
  EXPECT_SAYS(fault(jpeg_with_side(65000)), "at most 16384 a side");
  EXPECT_SAYS(fault(jpeg_with_side(9000)), "too few for them (truncated)");
}

TEST_F(ImageFiles, NoBytesCrash) {
  const auto decode = [&](std::span<const std::byte> b) {
    file({reinterpret_cast<const char*>(b.data()), b.size()}).pixels();
  };
  expect_no_damage_harms(png_bytes({.width = 2,
                                    .type = PNG_COLOR_TYPE_PALETTE,
                                    .values = {1, 0},
                                    .palette = {{1, 2, 3}, {4, 5, 6}},
                                    .palette_alpha = {9},
                                    .exif = exif_with(6)}),
                         decode, 300);
  expect_no_damage_harms(jpeg_bytes(9, 7, 3, std::vector<uint8_t>(9 * 7 * 3, 90), exif_with(6)), decode, 300);
  expect_no_damage_harms(jpeg_bytes(9, 7, 3, std::vector<uint8_t>(9 * 7 * 3, 90), "", true), decode, 300);
}

}  // namespace
}  // namespace elbo::host::images
