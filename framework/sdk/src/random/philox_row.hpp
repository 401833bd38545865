// The float32 numbers of one data point: runs of Philox blocks, some at a time, so that they become vector code.
#pragma once
#include <array>
#include <cstdint>

namespace elbo {

/// What names a row of numbers; the words of its blocks' counters after the first, which is the block's place.
struct PhiloxRow {
  std::array<uint32_t, 2> key;
  uint32_t sample, datum, call;
};

void uniform_row(const PhiloxRow& row, float* out, int64_t n);
/// Box & Muller (1958); 32 bits for the radius keep the tail out to 6.7 standard deviations.
void normal_row(const PhiloxRow& row, float* out, int64_t n);

}  // namespace elbo
