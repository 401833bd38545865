#include "data/generators/sprites.hpp"

#include <algorithm>
#include <cmath>

namespace elbo::host::data {
namespace {

constexpr double largest = 0.26, smallest = 0.16;  // radius, as a share of the side

bool inside(int64_t shape, double x, double y, double radius) {
  x = std::fabs(x), y = std::fabs(y);
  if (shape == 0) return std::max(x, y) <= radius * 0.9;
  if (shape == 1) return x * x + y * y <= radius * radius;
  return x + y <= radius;
}

}  // namespace

Sprite Sprite::drawn(Draws& draws) {
  Sprite sprite;
  for (size_t f = 0; f < values.size(); ++f)
    sprite.factors[f] = static_cast<int64_t>(draws.uniform() * static_cast<double>(values[f]));
  return sprite;
}

void Sprite::paint(int64_t side, uint8_t* image) const {
  const auto n = static_cast<double>(side);
  const double radius =
      n * (smallest + (largest - smallest) * static_cast<double>(factors[1]) / static_cast<double>(values[1] - 1));
  const auto place = [&](int64_t f) {
    return n * (largest + (1 - 2 * largest) * static_cast<double>(factors[f]) / static_cast<double>(values[f] - 1));
  };
  const double centre_x = place(2), centre_y = place(3);
  for (int64_t y = 0; y < side; ++y)
    for (int64_t x = 0; x < side; ++x)
      image[y * side + x] =
          inside(factors[0], static_cast<double>(x) + 0.5 - centre_x, static_cast<double>(y) + 0.5 - centre_y, radius);
}

}  // namespace elbo::host::data
