// One pass over several tensors instead of one for each operation: blocks of values, float64 whatever the tensors are,
// for loops that a compiler turns into vector code.
#pragma once
#include <functional>
#include <vector>

#include <elbo/tensor.hpp>

namespace elbo {

inline constexpr int64_t block_size = 256;

/// in[i] and out[i] are n <= block_size values each.
using Block = std::function<void(const double* const* in, double* const* out, int64_t n)>;

/// Whether a tensor can be seen so: float32 or float64 on the CPU, unless ELBO_KERNELS=plain.
bool fits_blocks(const Tensor& t);

/// f for every block of these tensors, which are broadcast against each other; at most four go in and four come out. Returns `count`
/// tensors of their common shape and of this type.
std::vector<Tensor> by_blocks(const std::vector<Tensor>& in, size_t count, at::ScalarType type, const Block& f);

}  // namespace elbo
