#include "kernels/matrix_products.hpp"

#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/addmm_cpu_dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm_cpu_dispatch.h>
#include <dnnl.h>
#include <torch/library.h>

#include <elbo/error.hpp>

#include "kernels/bf16_products.hpp"
#include "kernels/suppress_warnings.hpp"

namespace elbo::host::kernels {
namespace {

using at::Tensor;

/// A matrix as sgemm wants it: rows or columns contiguous, and the distance between them.
struct Operand {
  Tensor t;
  char transposed;
  int64_t stride;
};

Operand operand(const Tensor& m) {
  const int64_t rows = m.size(0), columns = m.size(1);
  if (m.stride(1) == 1 && m.stride(0) >= std::max<int64_t>(1, columns)) return {m, 'N', m.stride(0)};
  if (m.stride(0) == 1 && m.stride(1) >= std::max<int64_t>(1, rows)) return {m, 'T', m.stride(1)};
  return {m.contiguous(), 'N', std::max<int64_t>(1, columns)};
}

bool suits(const Tensor& a, const Tensor& b) {
  return a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat && a.dim() == 2 && b.dim() == 2 &&
         a.size(1) == b.size(0) && a.numel() > 0 && b.numel() > 0;
}

void multiply(const Tensor& a, const Tensor& b, float alpha, float beta, Tensor& out) {
  if (Bf16Products::wanted() && alpha == 1) return multiply_in_bf16(a, b, beta, out);
  const Operand left = operand(a), right = operand(b);
  const auto status =
      dnnl_sgemm(left.transposed, right.transposed, a.size(0), b.size(1), a.size(1), alpha, left.t.data_ptr<float>(),
                 left.stride, right.t.data_ptr<float>(), right.stride, beta, out.data_ptr<float>(), out.size(1));
  if (status != dnnl_success) throw Error("matrix product: oneDNN failed with status " + std::to_string(status));
}

Tensor mm(const Tensor& a, const Tensor& b) {
  if (!suits(a, b)) return at::cpu::mm(a, b);
  Tensor out(at::detail::empty_cpu({a.size(0), b.size(1)}, at::kFloat));
  multiply(a, b, 1, 0, out);
  return out;
}

Tensor addmm(const Tensor& added, const Tensor& a, const Tensor& b, const at::Scalar& beta, const at::Scalar& alpha) {
  if (!suits(a, b) || added.scalar_type() != at::kFloat) return at::cpu::addmm(added, a, b, beta, alpha);
  Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
  out.copy_(added.expand(out.sizes()));
  multiply(a, b, alpha.to<float>(), beta.to<float>(), out);
  return out;
}

}  // namespace

void use_onednn_products() {
  const SuppressWarnings quiet;
  static torch::Library library(torch::Library::IMPL, "aten", c10::DispatchKey::CPU, __FILE__, __LINE__);
  library.impl("mm", &mm);
  library.impl("addmm", &addmm);
}

}  // namespace elbo::host::kernels
