#include "kernels/precision.hpp"

#include <ATen/Context.h>

#include <elbo/error.hpp>
#include "sdk/src/fused/fused.hpp"

#include "kernels/device.hpp"

namespace elbo::host::kernels {
namespace {

void use_tf32(bool on) {
  if (at::globalContext().allowTF32CuBLAS() == on && at::globalContext().allowTF32CuDNN() == on) return;
  at::globalContext().setAllowTF32CuBLAS(on);
  at::globalContext().setAllowTF32CuDNN(on);
}

void require(bool met, const std::string& precision, const char* otherwise) {
  if (!met) throw UserError("train.precision = \"" + precision + "\": " + otherwise + "; use precision = \"float32\"");
}

}  // namespace

void prepare_precision(const std::string& precision, const at::Device& device) {
  use_tf32(false);  // torch's own default is on for convolutions
  if (precision == "tf32")
    require(device.is_cuda(), precision, "processors have no such products; expected device = \"cuda\"");
  if (precision != "bf16") return;
  require(fused_kernels(), precision, "--kernels plain computes in float32 alone");
  if (device.is_cuda()) return use_bf16_products_on_cuda();
  require(has_bf16_products(), precision, "this processor has no instructions for products of bfloat16 (avx512_bf16)");
}

Precision::Precision(const std::string& precision)
    : bf16_(precision == "bf16"), tf32_before_(at::globalContext().allowTF32CuBLAS()) {
  use_tf32(precision == "tf32");
}
Precision::~Precision() { use_tf32(tf32_before_); }

}  // namespace elbo::host::kernels
