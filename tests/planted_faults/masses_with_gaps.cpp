#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

// The density in the middle times the width: about right for narrow intervals.
class MassesWithGaps : public planted::Normal {
  using Normal::Normal;
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor a = lo.clamp(-1e3, 1e3), b = hi.clamp(-1e3, 1e3);
    return elbo::sum_event(log_density((a + b) / 2, theta) + (b - a).log());
  }
};
}  // namespace

ELBO_LIKELIHOOD(masses_with_gaps, MassesWithGaps, "interval masses that do not add up");
