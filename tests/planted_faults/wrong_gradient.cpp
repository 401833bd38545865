#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class WrongGradient : public planted::Normal {
  using Normal::Normal;
  Tensor log_density(const Tensor& x, const Theta& theta) const override {
    const Tensor s = log_scale(theta), r = (x - theta["loc"]) * s.detach().neg().exp();
    return (r.square() / -2 - s) - elbo::half_log_2pi;
  }
};
}  // namespace

ELBO_LIKELIHOOD(wrong_gradient, WrongGradient, "cuts one of the two ways of the scale out of the gradient");
