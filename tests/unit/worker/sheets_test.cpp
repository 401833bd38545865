#include "worker/sheets.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pictures.hpp"

namespace elbo::worker {
namespace {

TEST(Sheets, OnlyPicturesHaveAShape) {
  EXPECT_EQ(image_shape({28, 20}), (Shape{28, 20, 1}));
  EXPECT_EQ(image_shape({3, 28, 20}), (Shape{28, 20, 3}));
  EXPECT_FALSE(image_shape({2, 28, 20}));
  EXPECT_FALSE(image_shape({784}));
}

TEST(Sheets, AreAboutSquareAndKeepPairsTogether) {
  EXPECT_EQ(sheet_shape({28, 20}, 10), (Shape{3 * 28, 4 * 20}));
  EXPECT_EQ(sheet_shape({3, 28, 20}, 1), (Shape{28, 2 * 20, 3}));
}

TEST(Sheets, EachPictureIsWhereItBelongs) {
  const testing::Pictures p;
  const Sheet sheet = sheet_of(p.source.batch(Part::test, 0, 3, Rng(0)).x, p.source, 2);
  EXPECT_EQ((Shape{sheet.height, sheet.width, sheet.channels}), (Shape{4, 6, 1}));
  const auto level = [](int i) { return static_cast<uint8_t>(std::lround(255.0 * i / 23)); };
  std::vector<uint8_t> expected;
  for (const int first :
       {0, 6, 3, 9, 12, -1, 15, -1})  // three values of a row of each picture; black where none is left
    for (int i = 0; i < 3; ++i) expected.push_back(first < 0 ? 0 : level(first + i));
  EXPECT_EQ(sheet.pixels, expected);
}

TEST(Sheets, ReconstructionsStandBesideTheirOriginals) {
  testing::Pictures p;
  const Sheet sheet = reconstruction_sheet(p.model, p.source, 4);
  EXPECT_EQ((Shape{sheet.height, sheet.width}), (Shape{4, 6}));
  EXPECT_EQ(std::vector<uint8_t>(sheet.pixels.begin(), sheet.pixels.begin() + 3), (std::vector<uint8_t>{0, 11, 22}));
  EXPECT_EQ(sheet.pixels, reconstruction_sheet(p.model, p.source, 4).pixels);
}

TEST(Sheets, SamplesAreTheSameForTheSameGenerator) {
  testing::Pictures p;
  const Rng rng = testing::double_rng(3);
  EXPECT_EQ(sample_sheet(p.model, p.source, 4, rng).pixels, sample_sheet(p.model, p.source, 4, rng).pixels);
  EXPECT_EQ(static_cast<int64_t>(manifold_sheet(p.model, p.source, 4).pixels.size()), 4 * 2 * 3);
  EXPECT_EQ(static_cast<int64_t>(traversal_sheet(p.model, p.source, 4).pixels.size()), 4 * 2 * 3);
}

}  // namespace
}  // namespace elbo::worker
