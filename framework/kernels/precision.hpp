// How the products of matrices round their factors: train.precision.
#pragma once
#include <c10/core/Device.h>

#include <string>

#include "kernels/bf16_products.hpp"

namespace elbo::host::kernels {

/// To be called once, before the first product. Throws UserError where the device has no products of this precision.
void prepare_precision(const std::string& precision, const at::Device& device);

/// While it lives, products are computed so: "float32", "tf32" (CUDA devices) or "bf16".
class Precision {
 public:
  explicit Precision(const std::string& precision);
  ~Precision();
  Precision(const Precision&) = delete;
  Precision& operator=(const Precision&) = delete;

 private:
  Bf16Products bf16_;
  bool tf32_before_;
};

}  // namespace elbo::host::kernels
