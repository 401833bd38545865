#include "worker/codes.hpp"

#include <gtest/gtest.h>

#include "support/tensors.hpp"

namespace elbo::worker {
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

}  // namespace
}  // namespace elbo::worker
