#include <ATen/ops/randn.h>

#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class OwnNoise : public planted::Normal {
  using Normal::Normal;
  Tensor do_sample(const Theta& theta, elbo::Rng&) const override {
    const Tensor& loc = theta["loc"];
    return loc + log_scale(theta).exp() * at::randn(loc.sizes(), loc.options());
  }
};
}  // namespace

ELBO_LIKELIHOOD(own_noise, OwnNoise, "draws from torch's global generator");
