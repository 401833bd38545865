// One white shape on black, made from four factors that are drawn independently: a small relative of dSprites (Matthey et
// al. 2017), for measures of how well latent dimensions match the factors of the data.
#pragma once
#include <array>
#include <cstdint>

#include "base/random.hpp"

namespace elbo::host::data {

inline constexpr std::array<const char*, 4> sprite_factors = {"shape", "size", "column", "row"};

struct Sprite {
  static constexpr std::array<int64_t, 4> values = {3, 3, 8,
                                                    8};  // of each factor: square, disc, diamond; sizes; places
  std::array<int64_t, 4> factors = {};

  static Sprite drawn(Draws& draws);
  /// Writes side x side bytes in {0, 1}. The shape lies wholly within.
  void paint(int64_t side, uint8_t* image) const;
};

}  // namespace elbo::host::data
