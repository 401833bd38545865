// Noise: the host's generator, and samples of distributions that need more than one uniform or normal number.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include <elbo/tensor.hpp>

namespace elbo {

// The host's counter-based generator: Philox 4x32-10 (Salmon et al. 2011).
// A number is a pure function of (seed, stream, call, sample, data point, element). It does not depend on how
// the data are batched, in how many chunks the samples are drawn, or on what was drawn elsewhere; so a
// run resumes bit for bit and an evaluation does not change with its batch size.

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

  /// Counts the calls of a copy of this generator, which like() or for_data() gave, as its own: the next draw is a fresh one here, too.
  void go_on_after(const Rng& copy);

  /// Uniform on the open interval (0, 1). shape is [S, B, ...]; each call is a fresh draw. Throws Error on a shape of fewer than two
  /// sizes, and on another B than for_data() was given.
  Tensor uniform(const Shape& shape);
  /// Standard normal. The same shapes and errors; each call is a fresh draw.
  Tensor normal(const Shape& shape);
  /// 0 .. n-1 in random order, int64 [n].
  Tensor permutation(int64_t n);

 private:
  template <class Distribution>
  Tensor draw(const Shape& shape);

  uint64_t key_;
  uint32_t call_ = 0;
  int64_t first_sample_ = 0;
  Tensor ids_;   // undefined: 0 .. B-1
  Tensor like_;  // undefined: float32 on the CPU
};

// ---------------------------------------------------------------------------------------- sampling

// Draws from distributions that need more than one uniform or normal number. All noise comes from the host's generator,
// which every function advances by the same number of calls whatever the values are: a draw does not depend on
// what else is in the batch.

/// log of a Gamma(shape, 1) variate, shape [S, B, ...] > 0 (Marsaglia & Tsang 2000)
ELBO_EXPORT Tensor log_gamma_draw(const Tensor& shape, Rng& rng);
/// Gamma(shape, 1); may underflow to 0 where the shape is small
ELBO_EXPORT Tensor gamma_draw(const Tensor& shape, Rng& rng);
/// x in [0, 1], with 0 and 1, to which a draw may have been rounded, replaced by the numbers of x's dtype next to them
ELBO_EXPORT Tensor open_unit(const Tensor& x);
/// Poisson, rate [S, B, ...] >= 0 (Hoermann 1993 from rate 10 on)
ELBO_EXPORT Tensor poisson_draw(const Tensor& rate, Rng& rng);
/// Binomial(n, sigmoid(logit)), by inversion: n steps
ELBO_EXPORT Tensor binomial_draw(int64_t n, const Tensor& logit, Rng& rng);
/// The index along dimension 2 of weights [S, B, K, ...] >= 0, drawn in proportion to them -> [S, B, ...], int64
ELBO_EXPORT Tensor categorical_draw(const Tensor& weights, Rng& rng);
/// How often each of K values is drawn in n draws, in proportion to weights [S, B, K] -> [S, B, K]
ELBO_EXPORT Tensor multinomial_draw(int64_t n, const Tensor& weights, Rng& rng);

}  // namespace elbo
