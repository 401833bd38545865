#include "sdk/src/tensor/blocks.hpp"

#include <ATen/EmptyTensor.h>
#include <ATen/ExpandUtils.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>

#include "sdk/src/fused/fused.hpp"

namespace elbo {
namespace {

constexpr size_t most = 4;
using Buffers = std::array<std::array<double, block_size>, most>;

/// A tensor to be read: the values one after the other, or one value for all.
struct Source {
  Tensor values;
  bool is_one = false, in_double = false;

  Source(const Tensor& t, const Shape& shape) : in_double(t.scalar_type() == at::kDouble) {
    is_one = t.numel() > 0;
    for (int64_t i = 0; i < t.dim(); ++i) is_one = is_one && (t.size(i) == 1 || t.stride(i) == 0);
    values = is_one || (t.is_contiguous() && t.sizes() == at::IntArrayRef(shape)) ? t : t.expand(shape).contiguous();
  }

  template <class T>
  void read(int64_t at, int64_t n, double* to) const {
    const T* from = values.data_ptr<T>();
    if (is_one) std::fill(to, to + n, static_cast<double>(*from));
    else std::copy(from + at, from + at + n, to);
  }

  const double* block(int64_t at, int64_t n, double* buffer) const {
    if (in_double && !is_one) return values.data_ptr<double>() + at;
    if (in_double) read<double>(at, n, buffer);
    else read<float>(at, n, buffer);
    return buffer;
  }
};

}  // namespace

bool fits_blocks(const Tensor& t) {
  return fused_kernels() && t.is_cpu() && (t.scalar_type() == at::kFloat || t.scalar_type() == at::kDouble);
}

std::vector<Tensor> by_blocks(const std::vector<Tensor>& in, size_t count, at::ScalarType type, const Block& f) {
  Shape shape;
  for (const Tensor& t : in) shape = at::infer_size(shape, t.sizes());
  std::vector<Source> sources;
  for (const Tensor& t : in) sources.emplace_back(t, shape);
  std::vector<Tensor> results;
  for (size_t i = 0; i < count; ++i) results.emplace_back(at::detail::empty_cpu(shape, type));
  const bool to_double = type == at::kDouble;
  const int64_t size = numel(shape), blocks = (size + block_size - 1) / block_size;
  at::parallel_for(0, blocks, 32, [&](int64_t first, int64_t last) {
    Buffers read, made;
    std::array<const double*, most> from{};
    std::array<double*, most> to{};
    for (int64_t at = first * block_size; at < std::min(size, last * block_size); at += block_size) {
      const int64_t n = std::min(block_size, size - at);
      for (size_t i = 0; i < sources.size(); ++i) from[i] = sources[i].block(at, n, read[i].data());
      for (size_t i = 0; i < count; ++i) to[i] = to_double ? results[i].data_ptr<double>() + at : made[i].data();
      f(from.data(), to.data(), n);
      if (to_double) continue;
      for (size_t i = 0; i < count; ++i) std::copy_n(made[i].data(), n, results[i].data_ptr<float>() + at);
    }
  });
  return results;
}

}  // namespace elbo
