// The numbers of a tensor, row-major.
#pragma once
#include <elbo/tensor.hpp>
#include <vector>

namespace elbo::host::test {

inline std::vector<double> list_of(const Tensor& t) {
  const Tensor flat = t.to(at::kDouble).flatten().contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

}  // namespace elbo::host::test
