#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class WrongShape : public planted::Normal {
  using Normal::Normal;
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    return log_density(x, theta).flatten(2).sum(2).mean(0);
  }
};
}  // namespace

ELBO_LIKELIHOOD(wrong_shape, WrongShape, "averages over the samples, and so loses their dimension");
