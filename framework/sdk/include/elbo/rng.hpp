// The host's counter-based generator: Philox 4x32-10 (Salmon et al. 2011).
// A number is a pure function of (seed, stream, call, sample, datum, element). It does not depend on how
// the data are batched, in how many chunks the samples are drawn, or on what was drawn elsewhere; so a
// run resumes bit for bit and an evaluation does not change with its batch size.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include <elbo/tensor.hpp>

namespace elbo {

/// One block of four 32-bit words.
ELBO_EXPORT std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

class ELBO_EXPORT Rng {
 public:
  explicit Rng(uint64_t seed);

  /// An independent generator for a purpose, and for one step or item of it. Does not advance this one.
  Rng fork(std::string_view purpose, uint64_t index = 0) const;

  /// The same generator, for data with these ids ([B], int64, on any device) instead of 0 .. B-1.
  Rng for_data(const Tensor& ids) const;
  /// The same generator, whose sample 0 is the given one.
  Rng from_sample(int64_t first) const;
  /// The same generator, giving tensors like this one (dtype float32 or float64, device).
  Rng like(const Tensor& t) const;

  /// Uniform on the open interval (0, 1). shape is [S, B, ...]; each call is a fresh draw.
  Tensor uniform(const Shape& shape);
  /// Standard normal. shape is [S, B, ...]; each call is a fresh draw.
  Tensor normal(const Shape& shape);
  /// 0 .. n-1 in random order, int64 [n].
  Tensor permutation(int64_t n);

 private:
  template <class Law>
  Tensor draw(const Shape& shape);

  uint64_t key_;
  uint32_t call_ = 0;
  int64_t first_sample_ = 0;
  Tensor ids_;   // undefined: 0 .. B-1
  Tensor like_;  // undefined: float32 on the CPU
};

}  // namespace elbo
