// One Philox block and the float32 numbers made of it, for the processor and for CUDA devices: both draw the same bits.
// Sums and products must not be contracted where this is compiled.
#pragma once
#include <cmath>

#include "sdk/src/random/philox_row.hpp"
#include "sdk/src/tensor/fast_math.hpp"

namespace elbo {

struct PhiloxWords {
  uint32_t word[4];
};

ELBO_EVERYWHERE [[gnu::always_inline]] inline PhiloxWords philox_words(const PhiloxRow& row, uint32_t place) {
  PhiloxWords w{{place, row.sample, row.datum, row.call}};
  uint32_t k0 = row.key[0], k1 = row.key[1];
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * w.word[0], p1 = uint64_t{0xCD9E8D57u} * w.word[2];
    w = {{static_cast<uint32_t>(p1 >> 32) ^ w.word[1] ^ k0, static_cast<uint32_t>(p1),
          static_cast<uint32_t>(p0 >> 32) ^ w.word[3] ^ k1, static_cast<uint32_t>(p0)}};
  }
  return w;
}

/// 23 random bits and a half: never 0, never 1, also after rounding.
ELBO_EVERYWHERE [[gnu::always_inline]] inline float to_unit(uint32_t w) {
  return (static_cast<float>(static_cast<int32_t>(w >> 9)) + 0.5f) * 0x1p-23f;
}

/// All bits. The upper and the lower half of a word, because there are no vector conversions of unsigned ones.
ELBO_EVERYWHERE [[gnu::always_inline]] inline float to_unit_32(uint32_t w) {
  const float high = static_cast<float>(static_cast<int32_t>(w >> 16)),
              low = static_cast<float>(static_cast<int32_t>(w & 0xffff));
  return (high * 65536.f + low + 0.5f) * 0x1p-32f * (1 - 0x1p-24f);
}

struct NormalPair {
  float first, second;
};

/// Box & Muller (1958)
ELBO_EVERYWHERE [[gnu::always_inline]] inline NormalPair to_normals(uint32_t radius_word, uint32_t angle_word) {
  const float radius = std::sqrt(-2 * fast::log(to_unit_32(radius_word)));
  const fast::SineCosine turn = fast::of_turn(to_unit(angle_word));
  return {radius * turn.cosine, radius * turn.sine};
}

}  // namespace elbo
