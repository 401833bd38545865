#include <gtest/gtest.h>

#include <cmath>

#include "pictures.hpp"
#include "support/tensors.hpp"
#include "worker/sheets.hpp"

namespace elbo::host::worker {
namespace {

using testing::doubles;
using testing::item;

TEST(Codes, ATraversalMovesOneDimensionAtATime) {
  const Tensor z = traversal_codes(doubles({5, 6}, {1, 2}), {1, 0}, 3, 3);
  EXPECT_TRUE(z.equal(doubles({5, -3, 5, 0, 5, 3, -3, 6, 0, 6, 3, 6}, {6, 2}))) << z;
}

// Quartiles of N(0, 1): the middles of four even steps of its distribution function are at 1/8, 3/8, 5/8 and 7/8.
TEST(Codes, AManifoldLiesAtQuantilesOfTheNormalDistribution) {
  const Tensor z = manifold_codes(2, 4).view({2, 4, 2});
  EXPECT_NEAR(item(z[0][0][0]), -1.1503493803760079, 1e-5);
  EXPECT_NEAR(item(z[0][3][0]), 1.1503493803760079, 1e-5);
  EXPECT_NEAR(item(z[0][1][1]), 0.6744897501960817, 1e-5) << "the upper row has the larger value";
  EXPECT_NEAR(item(z[1][1][1]), -0.6744897501960817, 1e-5);
}

TEST(Codes, AnInterpolationEndsAtBothCodes) {
  const Tensor from = doubles({1, 0, 2, 0}, {2, 2}), to = doubles({0, 3, 4, 0}, {2, 2});
  for (const bool spherical : {false, true}) {
    const Tensor z = interpolation_codes(from, to, 5, spherical).view({2, 5, 2});
    EXPECT_TRUE(z.select(1, 0).allclose(from)) << spherical;
    EXPECT_TRUE(z.select(1, 4).allclose(to)) << spherical;
  }
}

// Halfway between codes at a right angle, of length 1 and 3: at 45 degrees, of length 2. Codes in one direction: straight.
TEST(Codes, AnArcKeepsItsLengthBetweenThoseOfItsEnds) {
  const Tensor z =
      interpolation_codes(doubles({1, 0, 2, 0}, {2, 2}), doubles({0, 3, 4, 0}, {2, 2}), 3, true).view({2, 3, 2});
  EXPECT_NEAR(item(z[0][1][0]), 1.4142135623730951, 1e-12);
  EXPECT_NEAR(item(z[0][1][1]), 1.4142135623730951, 1e-12);
  EXPECT_NEAR(item(z[1][1][0]), 3, 1e-12);
}

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

}  // namespace elbo::host::worker
