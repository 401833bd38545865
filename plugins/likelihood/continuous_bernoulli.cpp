// Loaiza-Ganem & Cunningham (2019), in its logit a: density a e^(a x) / (e^a - 1) on [0, 1].
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

// E[x] = 1/2 + a/12 - a^3/720 + ... and Var[x] is its derivative.
constexpr double mean_series[] = {1. / 12, -1. / 720, 1. / 30240, -1. / 1209600, 1. / 47900160, -691. / 1307674368000};

// In float64. Far from a = 0 by the mean distance 1/t - 1/(e^t - 1) from the end of greater density, t = |a|.
Tensor mean_of(const Tensor& logit) {
  const Tensor a = logit.toType(at::kDouble), u = a.square(), t = a.abs().clamp_min(0.3);
  Tensor near = u * mean_series[5];
  for (int k = 4; k > 0; --k) near = (near + mean_series[k]) * u;
  near = (near + mean_series[0]) * a + 0.5;
  const Tensor distance = t.reciprocal() - t.expm1().reciprocal(), far = elbo::where(a > 0, 1 - distance, distance);
  return elbo::where(a.abs() < 0.3, near, far).toType(logit.scalar_type());
}

Tensor variance_of(const Tensor& logit) {
  const Tensor a = logit.toType(at::kDouble), u = a.square(), t = a.abs().clamp_min(0.3);
  Tensor near = u * (11 * mean_series[5]);
  for (int k = 4; k > 0; --k) near = (near + (2 * k + 1) * mean_series[k]) * u;
  near = near + mean_series[0];
  const Tensor far = t.square().reciprocal() - (-t).exp() / (-t).expm1().square();
  return elbo::where(a.abs() < 0.3, near, far).toType(logit.scalar_type());
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
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"logit", shape_}}; }
  // float64: near 0 the derivative is a small difference
  Tensor logit(const Theta& theta) const {
    return elbo::soft_bound(theta["logit"], -max_logit_, max_logit_, at::kDouble);
  }
  Tensor rounded(const Tensor& t, const Theta& theta) const { return t.toType(theta.flat().scalar_type()); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor log_p = elbo::sum_event(elbo::log_tilted_density(x, logit(theta)));
    return rounded(elbo::minus_inf_outside((x >= 0).logical_and(x <= 1), log_p), theta);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor outside = (x >= 0).logical_and(x <= 1).logical_not();
    return rounded(elbo::log_tilted_density(x, logit(theta)).masked_fill(outside, -INFINITY), theta);
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& low, const Tensor& high, const Theta& theta) const override {
    return rounded(elbo::sum_event(elbo::log_tilted_mass(low, high, logit(theta))), theta);
  }

  Tensor do_mean(const Theta& theta) const override { return rounded(mean_of(logit(theta)), theta); }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded(variance_of(logit(theta)), theta);
  }

  // The inverse of the distribution function of the distance; about t = 0 by its series.
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor a = logit(theta), t = a.abs(), u = rng.uniform(a.sizes().vec());
    const Tensor near = u - t * u * (1 - u) / 2 * (1 - t * (1 - 2 * u) / 3);
    const Tensor distance = elbo::where(t < 1e-3, near, (u * t.neg().expm1()).log1p() / -t);
    return rounded(elbo::where(a > 0, 1 - distance, distance), theta);
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
