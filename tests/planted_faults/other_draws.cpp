#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class OtherDraws : public planted::Normal {
  using Normal::Normal;
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    return theta["loc"] + (log_scale(theta) * 2).exp() * rng.normal(theta["loc"].sizes().vec());
  }
};
}  // namespace

ELBO_LIKELIHOOD(other_draws, OtherDraws, "takes the variance for the scale when it draws");
