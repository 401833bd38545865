#include <elbo/tensor.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

namespace elbo {

Tensor zeros(const Shape& shape, const Tensor& like) { return at::zeros(shape, like.options().requires_grad(false)); }
Tensor full(const Shape& shape, double value, const Tensor& like) {
  return at::full(shape, value, like.options().requires_grad(false));
}
Tensor arange(int64_t n, const Tensor& like) { return at::arange(n, like.options().requires_grad(false)); }

Tensor zeros(const Shape& shape) { return at::zeros(shape); }
Tensor ones(const Shape& shape) { return at::ones(shape); }
Tensor full(const Shape& shape, double value) { return at::full(shape, value, at::TensorOptions(at::kFloat)); }

Tensor tensor_of(const std::vector<double>& values, const Shape& shape) {
  if (static_cast<int64_t>(values.size()) != numel(shape))
    throw Error("tensor_of: " + std::to_string(values.size()) + " values do not fill the shape " + to_string(shape));
  Tensor t = at::zeros(shape, at::TensorOptions(at::kDouble));
  std::copy(values.begin(), values.end(), t.data_ptr<double>());
  return t.to(at::kFloat);
}

Tensor cat(const std::vector<Tensor>& parts, int64_t dim) { return at::cat(parts, dim); }
Tensor stack(const std::vector<Tensor>& parts, int64_t dim) { return at::stack(parts, dim); }
Tensor where(const Tensor& condition, const Tensor& yes, const Tensor& no) { return at::where(condition, yes, no); }

Tensor sum_event(const Tensor& t) {
  if (t.dim() < 2) throw Error("sum_event: found the shape " + to_string(t.sizes().vec()) + "; expected [S, B, X...]");
  return t.dim() == 2 ? t : t.flatten(2).sum(2);
}

}  // namespace elbo
