// Matrix products of float32 matrices whose factors are first rounded to bfloat16; the sums are float32. On a processor
// with instructions for it they take about half the time.
#pragma once
#include <elbo/tensor.hpp>

namespace elbo::host::kernels {

/// Whether this processor has them; oneDNN would compute them without, but slower than in float32.
bool has_bf16_products();

/// a b + beta out -> out; a [m, k], b [k, n], of any strides, and out [m, n] contiguous, all float32.
void multiply_in_bf16(const Tensor& a, const Tensor& b, float beta, Tensor& out);

/// While it lives, the products that use_onednn_products() has taken over are computed so.
class Bf16Products {
 public:
  explicit Bf16Products(bool wanted);
  ~Bf16Products();
  Bf16Products(const Bf16Products&) = delete;
  Bf16Products& operator=(const Bf16Products&) = delete;
  static bool wanted();

 private:
  bool before_;
};

}  // namespace elbo::host::kernels
