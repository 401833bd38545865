#include "kernels/bf16_products.hpp"

#include <dnnl.hpp>

#include <atomic>
#include <map>

namespace elbo::host::kernels {
namespace {

std::atomic<bool> in_bf16 = false;

const dnnl::engine& processor() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::memory::desc layout(const Tensor& m, dnnl::memory::data_type type) {
  return {{m.size(0), m.size(1)}, type, {m.stride(0), m.stride(1)}};
}

/// The layouts of both factors, and whether the result is added to what is there.
using Key = std::pair<std::vector<int64_t>, bool>;

Key key_of(const Tensor& a, const Tensor& b, bool adds) {
  return {{a.size(0), a.size(1), a.stride(0), a.stride(1), b.size(1), b.stride(0), b.stride(1)}, adds};
}

const dnnl::matmul& primitive(const Tensor& a, const Tensor& b, const Tensor& out, bool adds) {
  using Type = dnnl::memory::data_type;
  static thread_local std::map<Key, dnnl::matmul> known;  // a run has few shapes
  const Key key = key_of(a, b, adds);
  if (const auto at = known.find(key); at != known.end()) return at->second;
  dnnl::primitive_attr attributes;
  if (adds) {
    dnnl::post_ops sum;
    sum.append_sum(1);
    attributes.set_post_ops(sum);
  }
  const auto left = layout(a, Type::bf16), right = layout(b, Type::bf16), result = layout(out, Type::f32);
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::matmul::primitive_desc description(processor(), left, right, result, attributes);
#else
  const dnnl::matmul::primitive_desc description({left, right, result}, attributes, processor());
#endif
  return known.emplace(key, dnnl::matmul(description)).first->second;
}

dnnl::memory memory(const Tensor& t, dnnl::memory::data_type type) {
  return {layout(t, type), processor(), t.data_ptr()};
}

/// Rounded, with its strides where a product can take them.
Tensor factor(const Tensor& m) {
  const bool straight =
      (m.stride(1) == 1 && m.stride(0) >= m.size(1)) || (m.stride(0) == 1 && m.stride(1) >= m.size(0));
  return (straight ? m : m.contiguous()).to(at::kBFloat16);
}

}  // namespace

bool has_bf16_products() {
  return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

void multiply_in_bf16(const Tensor& a, const Tensor& b, float beta, Tensor& out) {
  using Type = dnnl::memory::data_type;
  const Tensor left = factor(a), right = factor(b);
  if (beta != 0 && beta != 1) out.mul_(beta);
  static thread_local dnnl::stream stream(processor());
  primitive(left, right, out, beta != 0)
      .execute(stream, {{DNNL_ARG_SRC, memory(left, Type::bf16)},
                        {DNNL_ARG_WEIGHTS, memory(right, Type::bf16)},
                        {DNNL_ARG_DST, memory(out, Type::f32)}});
  stream.wait();
}

Bf16Products::Bf16Products(bool wanted) : before_(in_bf16) { in_bf16 = wanted; }
Bf16Products::~Bf16Products() { in_bf16 = before_; }
bool Bf16Products::wanted() { return in_bf16; }

}  // namespace elbo::host::kernels
