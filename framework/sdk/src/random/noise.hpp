// Numbers of the host's generator, written into tensors that there are already.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo {

enum class NoiseDistribution { uniform, normal };

/// What the numbers of one draw are a function of.
struct Noise {
  NoiseDistribution distribution;
  uint64_t key;
  uint32_t call;
  int64_t first_sample;
  Tensor ids;  // [B], int64, on any device; undefined: 0 .. B-1
};

/// One step from a generator's key to that of another forked of it.
uint64_t forked_key(uint64_t key, uint64_t twist);

/// Fills `out` [S, B, ...], contiguous float32 or float64 on any device.
void fill(const Noise& noise, const Tensor& out);

/// The same on a CUDA device; false where this program has no kernel for such a tensor.
bool fill_on_cuda(const Noise& noise, const Tensor& out);

}  // namespace elbo
