// Draws for data made by the program. Only integer arithmetic, comparisons and one division, so a seed gives the
// same data on every machine and with every C library.
#pragma once
#include <cstdint>

namespace elbo::host {

/// SplitMix64 (Steele, Lea & Flood 2014) started at a hash of (seed, stream, row): each row has draws of its own, so
/// the first rows of a larger set are the smaller set.
class Draws {
 public:
  Draws(uint64_t seed, uint64_t stream, uint64_t row) : state_(mix(mix(mix(seed) + stream) + row)) {}

  /// Uniform on the multiples of 2^-53 in [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  bool flip(double probability) { return uniform() < probability; }
  /// Standard normal, exactly, from comparisons of uniforms alone (Karney 2016, algorithm N).
  double normal();

 private:
  uint64_t bits() { return mix(state_ += 0x9e3779b97f4a7c15u); }
  static constexpr uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  bool exp_minus_half();
  bool exp_minus_step(int64_t k, double x);

  uint64_t state_;
};

}  // namespace elbo::host
