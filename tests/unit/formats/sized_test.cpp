// Crop, resize, pad and composite of one image. Oracles: numpy (the area, by repeating and averaging) and Pillow 9.4 (bilinear,
// mode "F"), each rounded once; no value lies within 0.01 of a half.
#include "formats/images/sized.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace elbo::host::formats {
namespace {

using Values = std::vector<uint16_t>;

/// (37 i + 91 j + 13 i j) mod 256
Pixels pattern() {
  Pixels image{.height = 5, .width = 7, .channels = 1};
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 7; ++j) image.values.push_back(static_cast<uint16_t>((i * 37 + j * 91 + i * j * 13) % 256));
  return image;
}

TEST(Resized, AreaMeans) {
  const Pixels image = pattern();
  EXPECT_EQ(resized(image, {2, 3}, false).values, (Values{95, 122, 105, 133, 143, 154}));
  EXPECT_EQ(resized(image, {1, 1}, false).values, (Values{125}));
  EXPECT_EQ(resized(image, {5, 2}, false).values, (Values{80, 100, 134, 125, 115, 77, 168, 175, 112, 164}));
  EXPECT_EQ(resized(image, {8, 9}, false).values,
            (Values{0,   65,  130, 158, 17,  95,  160, 152, 34,  15,  84,  152, 184, 47,  130, 140, 121, 80,
                    37,  111, 186, 223, 93,  182, 110, 75,  149, 67,  148, 142, 100, 154, 76,  100, 101, 36,
                    81,  167, 143, 82,  184, 67,  116, 128, 31,  111, 204, 187, 134, 245, 137, 193, 213, 123,
                    133, 122, 133, 151, 137, 167, 163, 167, 192, 148, 67,  96,  162, 65,  188, 143, 136, 238}));
}

TEST(Resized, BilinearAsPillow) {
  const Pixels image = pattern();
  EXPECT_EQ(resized(image, {2, 3}, true).values, (Values{111, 125, 110, 135, 147, 148}));
  EXPECT_EQ(resized(image, {1, 1}, true).values, (Values{127}));
  EXPECT_EQ(resized(image, {5, 2}, true).values, (Values{84, 110, 142, 127, 116, 85, 174, 179, 112, 155}));
  EXPECT_EQ(resized(image, {8, 9}, true).values,
            (Values{0,   61,  131, 145, 17,  88,  159, 144, 34,  16,  81,  156, 174, 50,  125, 138, 116, 84,
                    39,  109, 184, 203, 98,  167, 111, 81,  140, 62,  138, 147, 120, 145, 96,  100, 94,  52,
                    86,  166, 147, 99,  193, 88,  125, 134, 44,  109, 195, 182, 140, 240, 142, 185, 200, 116,
                    132, 127, 136, 149, 144, 163, 165, 171, 188, 148, 73,  99,  153, 65,  176, 145, 143, 238}));
}

TEST(Resized, ChannelsStayApartAndConstantsStay) {
  Pixels image{.height = 3, .width = 5, .channels = 3};
  for (int i = 0; i < 15; ++i) image.values.insert(image.values.end(), {10, 20, 65535});
  for (const bool bilinear : {false, true})
    for (const ImageSize size : {ImageSize{2, 2}, {7, 4}, {1, 9}}) {
      const Pixels scaled = resized(image, size, bilinear);
      ASSERT_EQ(scaled.values.size(), static_cast<size_t>(size.height * size.width * 3));
      for (size_t i = 0; i < scaled.values.size(); ++i)
        EXPECT_EQ(scaled.values[i], i % 3 == 0 ? 10 : i % 3 == 1 ? 20 : 65535);
    }
}

TEST(Resized, ALargeImageDoesNotOverflow) {
  Pixels image{.height = 1, .width = 16384, .channels = 1, .values = Values(16384, 65535)};
  EXPECT_EQ(resized(image, {1, 1}, true).values, Values{65535});
  image = {.height = 16384, .width = 1, .channels = 1, .values = std::move(image.values)};
  EXPECT_EQ(resized(image, {3, 1}, true).values, Values(3, 65535));
}

TEST(Sized, CropsTheMiddleAndPadsAround) {
  const Pixels image = pattern();
  EXPECT_EQ(sized(image, {.crop = {1, 3}}).values, (Values{52, 169, 30}));
  EXPECT_EQ(sized({.height = 1, .width = 2, .channels = 1, .values = {5, 6}}, {.pad = {3, 4}, .pad_value = 9}).values,
            (Values{9, 9, 9, 9, 9, 5, 6, 9, 9, 9, 9, 9}));
  // Crop and pad together: every image fits into the size.
  EXPECT_EQ(
      sized({.height = 1, .width = 3, .channels = 1, .values = {5, 6, 7}}, {.crop = {2, 2}, .pad = {2, 2}}).values,
      (Values{5, 6, 0, 0}));
}

TEST(Sized, KeepsTheAspect) {
  Pixels wide{.height = 2, .width = 6, .channels = 1, .values = Values(12)};
  std::iota(wide.values.begin(), wide.values.end(), uint16_t{0});
  EXPECT_EQ(sized(wide, {.resize = {2, 2}, .keep_aspect = true}).values, (Values{2, 3, 8, 9}));
  EXPECT_EQ(sized(wide, {.resize = {2, 2}}).values, (Values{1, 4, 7, 10}));
}

TEST(Sized, SizesThatCannotBeMadeAreNamed) {
  std::string fault;
  EXPECT_EQ(size_made({8, 9}, {.crop = {6, 6}, .resize = {4, 4}, .pad = {5, 5}}, fault), (ImageSize{5, 5}));
  EXPECT_EQ(fault, "");
  size_made({4, 9}, {.crop = {6, 6}}, fault);
  EXPECT_EQ(fault, "is 4 x 9, smaller than crop = [6, 6]");
  size_made({4, 9}, {.pad = {6, 6}}, fault);
  EXPECT_EQ(fault, "is 4 x 9, larger than pad = [6, 6]");
}

TEST(Composited, LaysOverTheBackground) {
  bool is_transparent = false;
  const auto over = [&](const std::string& background, const Values& values, int64_t channels, int64_t top) {
    return composited({.height = 1, .width = 1, .channels = channels, .values = values}, background, top,
                      is_transparent)
        .values;
  };
  EXPECT_EQ(over("white", {10, 20, 30, 255}, 4, 255), (Values{10, 20, 30}));
  EXPECT_FALSE(is_transparent);
  EXPECT_EQ(over("white", {10, 20, 30, 0}, 4, 255), (Values{255, 255, 255}));
  EXPECT_TRUE(is_transparent);
  EXPECT_EQ(over("black", {100, 51}, 2, 255), (Values{20}));   // 100 / 5
  EXPECT_EQ(over("white", {100, 51}, 2, 255), (Values{224}));  // 20 + 204
  EXPECT_EQ(over("grey", {0, 0}, 2, 255), (Values{128}));
  EXPECT_EQ(over("white", {0, 13107}, 2, 65535), (Values{52428}));  // four fifths of white
}

}  // namespace
}  // namespace elbo::host::formats
