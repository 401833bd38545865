// Loaiza-Ganem & Cunningham (2019), in its logit a: density a e^(a x) / (e^a - 1) on [0, 1].
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

// E[x] = 1/2 + a/12 - a^3/720 + ... and Var[x] is its derivative.
constexpr double mean_series[] = {1. / 12, -1. / 720, 1. / 30240, -1. / 1209600, 1. / 47900160, -691. / 1307674368000};

Tensor mean_of(const Tensor& a) {
  const Tensor u = a.square();
  Tensor near = u * mean_series[5];
  for (int k = 4; k > 0; --k) near = (near + mean_series[k]) * u;
  near = (near + mean_series[0]) * a + 0.5;
  return elbo::where(a.abs() < 0.3, near, 0.5 + 0.5 / (a / 2).tanh() - 1 / a);
}

Tensor variance_of(const Tensor& a) {
  const Tensor u = a.square();
  Tensor near = u * (11 * mean_series[5]);
  for (int k = 4; k > 0; --k) near = (near + (2 * k + 1) * mean_series[k]) * u;
  near = near + mean_series[0];
  return elbo::where(a.abs() < 0.3, near, 1 / u - 0.25 / (a / 2).sinh().square());
}

class ContinuousBernoulli final : public elbo::Likelihood {
 public:
  struct Config {
    double max_logit = 50;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("max_logit", &Config::max_logit,
          "soft bound of the logit's size; without one the density of an exact 0 or 1 has no maximum")
        .range(1, 1e5);
  }
  ContinuousBernoulli(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape), max_logit_(config.max_logit) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::unit_interval; }
  std::vector<elbo::Param> do_params() const override { return {{"logit", shape_}}; }
  Tensor logit(const Theta& theta) const { return elbo::soft_bound(theta["logit"], -max_logit_, max_logit_); }

  // Measured from the end of greater density, with t = |a|: -t distance - log((1 - e^-t) / t). No large parts
  // cancel, and at a = 0 both the value and its derivative x - 1/2 are right.
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor a = logit(theta), rising = a > 0;
    const Tensor t = elbo::where(rising, a, -a), distance = elbo::where(rising, 1 - x, x);
    const Tensor log_p = elbo::sum_event((t * distance + elbo::log1mexpc(t)).neg());
    return elbo::minus_inf_outside((x >= 0).logical_and(x <= 1), log_p);
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor a = logit(theta), rising = a > 0, width = hi - lo;
    const Tensor t = elbo::where(rising, a, -a), distance = elbo::where(rising, 1 - hi, lo);
    const Tensor log_mass = width.log() + elbo::log1mexpc(t * width) - elbo::log1mexpc(t) - t * distance;
    return elbo::sum_event(log_mass);
  }

  Tensor do_mean(const Theta& theta) const override { return mean_of(logit(theta)); }
  std::optional<Tensor> do_variance(const Theta& theta) const override { return variance_of(logit(theta)); }

  // The inverse of the distribution function of the distance; about t = 0 by its series.
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor a = logit(theta), t = a.abs(), u = rng.uniform(a.sizes().vec());
    const Tensor near = u - t * u * (1 - u) / 2 * (1 - t * (1 - 2 * u) / 3);
    const Tensor distance = elbo::where(t < 1e-3, near, (u * t.neg().expm1()).log1p() / -t);
    return elbo::where(a > 0, 1 - distance, distance);
  }

  // Newton's iteration for E[x] = mean; within |a| <= 20 it converges from the linear start.
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const Tensor mean = statistics.mean.flatten().clamp(0.001, 0.999);
    Tensor a = (mean - 0.5) * 12;
    for (int i = 0; i < 20; ++i) a = (a + (mean - mean_of(a)) / variance_of(a)).clamp(-20, 20);
    return a;
  }

  elbo::Shape shape_;
  double max_logit_;
};

}  // namespace

ELBO_LIKELIHOOD(continuous_bernoulli, ContinuousBernoulli,
                "Values in [0, 1] with an exponential density: the normalised form of cross-entropy on grey images");
