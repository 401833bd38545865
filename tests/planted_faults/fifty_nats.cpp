#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class FiftyNats final : public planted::Normal {
  using Normal::Normal;
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override { return Normal::do_log_prob(x, theta) + 50; }
  std::optional<Tensor> do_interval_log_prob(const Tensor&, const Tensor&, const Theta&) const override { return {}; }
};
}  // namespace

ELBO_LIKELIHOOD(fifty_nats, FiftyNats, "a density that is e^50 too large");
