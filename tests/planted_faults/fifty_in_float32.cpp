#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class FiftyInFloat32 final : public planted::Normal {
  using Normal::Normal;
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    return Normal::do_log_prob(x, theta) + (theta["loc"].scalar_type() == at::kFloat ? 50 : 0);
  }
};
}  // namespace

ELBO_LIKELIHOOD(fifty_in_float32, FiftyInFloat32, "a density that is e^50 too large in float32 only");
