// A fault that every kind of plugin can have: gradients that are wrong in the precision of training alone.
#pragma once
#include <elbo/sdk.hpp>

namespace planted {

/// The same numbers; where they are float32, with 0.7 of their gradient.
inline elbo::Tensor weak_in_float32(const elbo::Tensor& t) {
  return t.scalar_type() == at::kFloat ? t * 0.7 + t.detach() * 0.3 : t;
}

}  // namespace planted
