#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class WrongSign : public planted::Normal {
  using Normal::Normal;
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override { return -Normal::do_log_prob(x, theta); }
};
}  // namespace

ELBO_LIKELIHOOD(wrong_sign, WrongSign, "returns a loss, not a log-probability");
