// Tensors made and seen without torch's dispatcher, for functions below autograd that know what they hold. A dispatched call
// costs little while it is in the cache; in a step between large products it never is.
#pragma once
#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>

namespace elbo {

/// float32 in the processor's memory, not set.
inline at::Tensor empty_floats(at::IntArrayRef shape) { return at::Tensor(at::detail::empty_cpu(shape, at::kFloat)); }

/// The same memory in another shape.
inline at::Tensor view_of_storage(const at::Tensor& t, at::IntArrayRef shape, at::IntArrayRef strides) {
  auto seen =
      c10::make_intrusive<c10::TensorImpl>(c10::TensorImpl::VIEW, c10::Storage(t.storage()), t.key_set(), t.dtype());
  seen->set_storage_offset(t.storage_offset());
  seen->set_sizes_and_strides(shape, strides);
  return at::Tensor(std::move(seen));
}

/// Of a matrix.
inline at::Tensor transposed(const at::Tensor& t) {
  return view_of_storage(t, {t.size(1), t.size(0)}, {t.stride(1), t.stride(0)});
}

}  // namespace elbo
