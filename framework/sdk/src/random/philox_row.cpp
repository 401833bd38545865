// Compiled without contraction of a * b + c, so that every processor draws the same numbers to the last bit.
#include "sdk/src/random/philox_block.hpp"

#include "sdk/src/tensor/clones.hpp"

#include <algorithm>

namespace elbo {
namespace {

/// Blocks that are computed at a time.
template <int lanes>
struct Blocks {
  alignas(64) uint32_t word[4][lanes];
};

// A word lies in a Slot of its own: of 32 bits, or in the lower half of 64, where processors that multiply vectors of 64 bits
// have its product in one instruction.
template <class Slot, int lanes>
[[gnu::always_inline]] inline void philox_blocks(const PhiloxRow& row, uint32_t first, Blocks<lanes>& b) {
  Slot w0[lanes], w1[lanes], w2[lanes], w3[lanes];
  for (int j = 0; j < lanes; ++j) {
    w0[j] = first + static_cast<uint32_t>(j);
    w1[j] = row.sample;
    w2[j] = row.datum;
    w3[j] = row.call;
  }
  uint32_t k0 = row.key[0], k1 = row.key[1];
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
#pragma GCC unroll 1  // unrolled, it would no longer be taken for vector code
    for (int j = 0; j < lanes; ++j) {
      const uint64_t p0 = uint64_t{0xD2511F53u} * (w0[j] & 0xffffffffu),
                     p1 = uint64_t{0xCD9E8D57u} * (w2[j] & 0xffffffffu);
      w0[j] = static_cast<Slot>(p1 >> 32) ^ w1[j] ^ k0;
      w1[j] = static_cast<Slot>(p1);
      w2[j] = static_cast<Slot>(p0 >> 32) ^ w3[j] ^ k1;
      w3[j] = static_cast<Slot>(p0);
    }
  for (int j = 0; j < lanes; ++j) {
    b.word[0][j] = static_cast<uint32_t>(w0[j]);
    b.word[1][j] = static_cast<uint32_t>(w1[j]);
    b.word[2][j] = static_cast<uint32_t>(w2[j]);
    b.word[3][j] = static_cast<uint32_t>(w3[j]);
  }
}

struct Uniform {
  template <int lanes>
  [[gnu::always_inline]] static void write(const Blocks<lanes>& b, float* out) {
    for (int j = 0; j < lanes; ++j)
      for (int i = 0; i < 4; ++i) out[4 * j + i] = to_unit(b.word[i][j]);
  }
};

struct Normal {
  template <int lanes>
  [[gnu::always_inline]] static void write(const Blocks<lanes>& b, float* out) {
    for (int i = 0; i < 4; i += 2)
      for (int j = 0; j < lanes; ++j) {
        const NormalPair pair = to_normals(b.word[i][j], b.word[i + 1][j]);
        out[4 * j + i] = pair.first;
        out[4 * j + i + 1] = pair.second;
      }
  }
};

template <class Distribution, class Slot, int lanes>
[[gnu::always_inline]] inline void fill_by(const PhiloxRow& row, float* out, int64_t n) {
  constexpr int64_t at_once = 4 * lanes;
  Blocks<lanes> blocks;
  for (int64_t at = 0; at < n; at += at_once) {
    philox_blocks<Slot>(row, static_cast<uint32_t>(at / 4), blocks);
    if (n - at >= at_once) {
      Distribution::write(blocks, out + at);
    } else {
      float rest[at_once];
      Distribution::write(blocks, rest);
      std::copy(rest, rest + (n - at), out + at);
    }
  }
}

// Short rows, of latents above all, would waste most of a long stretch.
template <class Distribution, class Slot>
[[gnu::always_inline]] inline void fill(const PhiloxRow& row, float* out, int64_t n) {
  if (n <= 32) fill_by<Distribution, Slot, 8>(row, out, n);
  else if (n <= 64) fill_by<Distribution, Slot, 16>(row, out, n);
  else fill_by<Distribution, Slot, 32>(row, out, n);
}

constexpr auto uniform_in_32 = clones<fill<Uniform, uint32_t>>;
constexpr auto uniform_in_64 = clones<fill<Uniform, uint64_t>>;
constexpr auto normal_in_32 = clones<fill<Normal, uint32_t>>;
constexpr auto normal_in_64 = clones<fill<Normal, uint64_t>>;

bool multiplies_64_bits() { return cpu_level() == CpuLevel::avx512; }

}  // namespace

void uniform_row(const PhiloxRow& row, float* out, int64_t n) {
  static const auto fastest = multiplies_64_bits() ? uniform_in_64 : uniform_in_32;
  fastest(row, out, n);
}

void normal_row(const PhiloxRow& row, float* out, int64_t n) {
  static const auto fastest = multiplies_64_bits() ? normal_in_64 : normal_in_32;
  fastest(row, out, n);
}

}  // namespace elbo
