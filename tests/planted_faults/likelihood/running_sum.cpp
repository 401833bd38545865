// Nothing is wrong with this one: a value's location is the sum of all raw numbers up to its own, and each value is one of two
// normal distributions.
#include "planted_faults/normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class RunningSum : public planted::Normal {
  using Normal::Normal;
  static constexpr double apart = 2;  // from the middle to either of the two, in scales

  Tensor loc(const Theta& theta) const {
    const Tensor& raw = theta["loc"];
    return (raw.flatten(2).cumsum(2) / 3).view_as(raw);
  }
  Tensor log_density(const Tensor& x, const Theta& theta) const override {
    const Tensor s = log_scale(theta), u = (x - loc(theta)) * s.neg().exp();
    const Tensor low = (u + apart).square() / -2, high = (u - apart).square() / -2;
    return low + elbo::softplus(high - low) - std::log(2) - s - elbo::half_log_2pi;
  }
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor s = log_scale(theta).to(at::kDouble), middle = loc(theta).to(at::kDouble), away = s.exp() * apart;
    const Tensor low = elbo::log_normal_mass(lo, hi, middle - away, s),
                 high = elbo::log_normal_mass(lo, hi, middle + away, s);
    return elbo::sum_event(elbo::stack({low, high}, 0).logsumexp(0) - std::log(2)).to(theta["loc"].scalar_type());
  }
  Tensor do_mean(const Theta& theta) const override { return loc(theta); }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return (log_scale(theta) * 2).exp() * (1 + apart * apart);
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor mean = loc(theta), side = (rng.uniform(mean.sizes().vec()) < 0.5).to(mean.scalar_type()) * 2 - 1;
    return mean + log_scale(theta).exp() * (rng.normal(mean.sizes().vec()) + apart * side);
  }
};
}  // namespace

ELBO_LIKELIHOOD(running_sum, RunningSum, "two normal distributions a value about a running sum");
