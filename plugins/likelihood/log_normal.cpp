#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class LogNormal final : public elbo::LocationScale {
 public:
  LogNormal(const Config& config, const elbo::Context& context)
      : LocationScale(config, context, elbo::Support::positive) {}

 private:
  // In float64, because log x - loc of a float32 has lost what a small scale shows.
  Tensor each(const Tensor& x, const Tensor& valid, const Theta& theta) const {
    const Tensor log_x = x.toType(at::kDouble).masked_fill(valid.logical_not(), 1).log();
    return elbo::log_normal_density(log_x, theta["loc"].toType(at::kDouble), log_scale(theta)) - log_x;
  }
  static Tensor is_positive(const Tensor& x) { return (x > 0).logical_and(x < INFINITY); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_positive(x);
    return rounded(elbo::minus_inf_outside(valid, elbo::sum_event(each(x, valid, theta))), theta);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_positive(x);
    return rounded(each(x, valid, theta).masked_fill(valid.logical_not(), -INFINITY), theta);
  }

  // What an interval has below 0 holds no mass.
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const auto edge = [](const Tensor& t) { return t.toType(at::kDouble).clamp_min(0).log(); };
    const Tensor empty = hi <= 0, end = edge(hi).masked_fill(empty, 0);
    const Tensor mass = elbo::log_normal_mass(edge(lo), end, theta["loc"], log_scale(theta));
    return elbo::sum_event(mass.masked_fill(empty, -INFINITY));
  }

  Tensor do_mean(const Theta& theta) const override {
    return rounded((theta["loc"].toType(at::kDouble) + (log_scale(theta) * 2).exp() / 2).exp(), theta);
  }
  // (e^(s^2) - 1) mean^2
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const Tensor square = (log_scale(theta) * 2).exp(), loc = theta["loc"].toType(at::kDouble);
    return rounded((loc * 2 + square * 2 + elbo::log1mexp(square)).exp(), theta);
  }

  /// 0 and infinity, to which a sample may have been rounded, replaced by the numbers of its type next to them.
  static Tensor within_range(const Tensor& x) {
    return x.scalar_type() == at::kDouble ? x.clamp(0x1p-1022, 0x1.fffffffffffffp1023)
                                          : x.clamp(0x1p-126, 0x1.fffffep127);
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    const Tensor log_x = loc + log_scale(theta).exp() * rng.normal(loc.sizes().vec());
    return within_range(rounded(log_x.exp(), theta));
  }

  // The median's log; and the scale under which variance and mean stand in that ratio.
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const Tensor median = statistics.median.clamp_min(1e-30);
    const Tensor ratio = statistics.variance / statistics.mean.clamp_min(1e-30).square();
    return begin_at(median.log(), ratio.log1p().sqrt().clamp(0.01, 3));
  }
};

}  // namespace

ELBO_LIKELIHOOD(log_normal, LogNormal,
                "Values above 0 whose logarithm is normal: sizes, durations, incomes, concentrations");
