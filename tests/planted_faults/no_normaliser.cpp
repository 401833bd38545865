#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class NoNormaliser : public planted::Normal {
  using Normal::Normal;
  Tensor log_density(const Tensor& x, const Theta& theta) const override {
    return Normal::log_density(x, theta) + elbo::half_log_2pi;
  }
};
}  // namespace

ELBO_LIKELIHOOD(no_normaliser, NoNormaliser, "forgets the constant log(2 pi) / 2");
