#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class ChangesX : public planted::Normal {
  using Normal::Normal;
  Tensor log_density(const Tensor& x, const Theta& theta) const override {
    const Tensor s = log_scale(theta), r = x.unsqueeze(0) - theta["loc"];
    x.mul_(1);
    x.add_(1e-3);
    return (r * s.neg().exp()).square() / -2 - s - elbo::half_log_2pi;
  }
};
}  // namespace

ELBO_LIKELIHOOD(changes_x, ChangesX, "changes the data that it is given");
