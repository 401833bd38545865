// Loops over float32 in the processor's memory: what they take, and how they are shared among threads. Shares never change
// what a value is computed from, so that results are the same for every number of threads.
#pragma once
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>

namespace elbo {

inline bool is_float_here(const at::Tensor& t) { return t.is_cpu() && t.scalar_type() == at::kFloat; }

/// Whether it is one number in memory, expanded, as the gradient of a sum is.
inline bool same_everywhere(const at::Tensor& t) {
  return std::all_of(t.strides().begin(), t.strides().end(), [](int64_t stride) { return stride == 0; });
}

/// Rows that are worth a thread of their own.
inline int64_t rows_of_a_share(int64_t values_of_a_row) {
  return std::max<int64_t>(1, (int64_t{1} << 14) / std::max<int64_t>(1, values_of_a_row));
}

}  // namespace elbo
