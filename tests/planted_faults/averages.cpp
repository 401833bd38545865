#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class Averages : public planted::Normal {
  using Normal::Normal;
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    return log_density(x, theta).flatten(2).mean(2);
  }
};
}  // namespace

ELBO_LIKELIHOOD(averages, Averages, "averages over the values of x where it should sum");
