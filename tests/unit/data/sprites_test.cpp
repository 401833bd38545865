#include "data/generators/sprites.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace elbo::host::data {
namespace {

constexpr int64_t side = 16;

std::vector<uint8_t> painted(const Sprite& sprite) {
  std::vector<uint8_t> image(side * side, 9);
  sprite.paint(side, image.data());
  return image;
}

TEST(Sprites, EveryCombinationOfFactorsIsAnotherImage) {
  std::set<std::vector<uint8_t>> images;
  Sprite s;
  for (s.factors[0] = 0; s.factors[0] < 3; ++s.factors[0])
    for (s.factors[1] = 0; s.factors[1] < 3; ++s.factors[1])
      for (s.factors[2] = 0; s.factors[2] < 8; ++s.factors[2])
        for (s.factors[3] = 0; s.factors[3] < 8; ++s.factors[3]) {
          const auto image = painted(s);
          images.insert(image);
        }
  EXPECT_EQ(images.size(), 3u * 3 * 8 * 8);
}

TEST(Sprites, FactorsAreDrawnEvenly) {
  std::array<std::vector<int>, 4> counts = {std::vector<int>(3), std::vector<int>(3), std::vector<int>(8),
                                            std::vector<int>(8)};
  for (uint64_t row = 0; row < 8000; ++row) {
    Draws draws(1, 0, row);
    const Sprite s = Sprite::drawn(draws);
    for (size_t f = 0; f < 4; ++f) ++counts[f][static_cast<size_t>(s.factors[f])];
  }
  for (size_t f = 0; f < 4; ++f)
    for (const int n : counts[f]) EXPECT_NEAR(n, 8000.0 / static_cast<double>(counts[f].size()), 200);
}

}  // namespace
}  // namespace elbo::host::data
