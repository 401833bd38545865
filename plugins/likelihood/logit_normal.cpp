#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class LogitNormal final : public elbo::LocationScale {
 public:
  LogitNormal(const Config& config, const elbo::Context& context)
      : LocationScale(config, context, elbo::Support::unit_interval) {}

 private:
  static Tensor logit(const Tensor& x) { return x.log() - (-x).log1p(); }

  // In float64, because logit(x) near 1 has lost in float32 what 1 - x still shows.
  Tensor each(const Tensor& x, const Tensor& valid, const Theta& theta) const {
    const Tensor inner = x.toType(at::kDouble).masked_fill(valid.logical_not(), 0.5);
    const Tensor log_x = inner.log(), log_y = (-inner).log1p();
    const Tensor of_logit = elbo::log_normal_density(log_x - log_y, theta["loc"].toType(at::kDouble), log_scale(theta));
    return of_logit - (log_x + log_y);
  }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x > 0).logical_and(x < 1), log_p = elbo::sum_event(each(x, valid, theta));
    return elbo::minus_inf_outside(valid, log_p).toType(theta.flat().scalar_type());
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x > 0).logical_and(x < 1), log_p = each(x, valid, theta);
    return rounded(log_p.masked_fill(valid.logical_not(), -INFINITY), theta);
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const auto edge = [](const Tensor& t) { return logit(t.toType(at::kDouble)); };
    return elbo::sum_event(elbo::log_normal_mass(edge(lo), edge(hi), theta["loc"], log_scale(theta)));
  }

  Tensor do_mean(const Theta& theta) const override {
    return rounded(elbo::logit_normal_moments(theta["loc"], log_scale(theta)).mean, theta);
  }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded(elbo::logit_normal_moments(theta["loc"], log_scale(theta)).variance, theta);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    return elbo::open_unit(rounded((loc + log_scale(theta).exp() * rng.normal(loc.sizes().vec())).sigmoid(), theta));
  }

  // Var[logit x] is about Var[x] / (m (1 - m))^2 where that is small; pi^2 / 3 is what a uniform x has.
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const Tensor mean = statistics.mean.clamp(0.001, 0.999);
    return begin_at(statistics.median.clamp(0.001, 0.999).logit(),
                    (statistics.variance.sqrt() / (mean * (1 - mean))).clamp(0.05, 3));
  }
};

}  // namespace

ELBO_LIKELIHOOD(logit_normal, LogitNormal,
                "Values strictly between 0 and 1 whose logit is normal; dequantise grey images first");
