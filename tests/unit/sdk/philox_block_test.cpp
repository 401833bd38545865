// What a CUDA device computes, a block of Philox a thread, is compiled here for the processor: the same bits.
#include "sdk/src/random/philox_block.hpp"

#include <gtest/gtest.h>

#include <elbo/random.hpp>

namespace elbo {
namespace {

/// The key of Rng(seed): splitmix64 (Steele et al. 2014).
uint64_t key_of(uint64_t seed) {
  seed += 0x9e3779b97f4a7c15u;
  seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9u;
  seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebu;
  return seed ^ (seed >> 31);
}

/// One row of the n-th call, as a device fills it.
std::vector<float> row_of(uint64_t seed, bool normal, uint32_t sample, uint32_t datum, uint32_t call, int64_t n) {
  const uint64_t key = key_of(seed);
  const PhiloxRow row{{static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)}, sample, datum, call};
  std::vector<float> values;
  for (uint32_t place = 0; static_cast<int64_t>(values.size()) < n; ++place) {
    const PhiloxWords w = philox_words(row, place);
    const NormalPair a = to_normals(w.word[0], w.word[1]), b = to_normals(w.word[2], w.word[3]);
    if (normal) values.insert(values.end(), {a.first, a.second, b.first, b.second});
    else
      for (const uint32_t word : w.word) values.push_back(to_unit(word));
  }
  values.resize(static_cast<size_t>(n));
  return values;
}

void expect_row(const Tensor& drawn, const std::vector<float>& expected) {
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(drawn.data_ptr<float>()[i], expected[i]) << i;
}

TEST(PhiloxBlock, WordsAreThoseOfTheGenerator) {
  const PhiloxRow row{{0x89abcdefu, 0x01234567u}, 3, 77, 5};
  for (uint32_t place = 0; place < 1000; ++place) {
    const PhiloxWords w = philox_words(row, place);
    const auto expected = philox({place, 3, 77, 5}, row.key);
    for (size_t i = 0; i < 4; ++i) ASSERT_EQ(w.word[i], expected[i]);
  }
}

TEST(PhiloxBlock, NumbersHaveTheBitsOfTheProcessors) {
  for (const int64_t n : {1, 5, 20, 50, 784, 4001}) {
    Rng rng(3);
    const Tensor uniform = rng.uniform({2, 3, n}), normal = rng.normal({2, 3, n});
    for (const uint32_t sample : {0u, 1u})
      for (const uint32_t datum : {0u, 2u}) {
        expect_row(uniform[sample][datum], row_of(3, false, sample, datum, 0, n));
        expect_row(normal[sample][datum], row_of(3, true, sample, datum, 1, n));
      }
  }
}

}  // namespace
}  // namespace elbo
