// Tensors for tests, in float64.
#pragma once
#include <elbo/random.hpp>

namespace elbo::testing {

inline Tensor doubles(const std::vector<double>& values, const Shape& shape) {
  Tensor t = zeros(shape).to(at::kDouble);
  std::copy(values.begin(), values.end(), t.data_ptr<double>());
  return t;
}

inline double item(const Tensor& t) { return t.detach().to(at::kDouble).item<double>(); }

inline Rng double_rng(uint64_t seed) { return Rng(seed).like(zeros(Shape{}).to(at::kDouble)); }

}  // namespace elbo::testing

namespace elbo::host::testing {
using namespace elbo::testing;
}
