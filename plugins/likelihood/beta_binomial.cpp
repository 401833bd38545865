// Used for grey images by Townsend et al. (2019).
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class BetaBinomial final : public elbo::Likelihood {
 public:
  struct Config {
    double max_log_concentration = 20;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("max_log_concentration", &Config::max_log_concentration, "soft bound of the size of log alpha and log beta")
        .range(1, 40);
  }
  BetaBinomial(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape),
        n_((context.observation.levels > 1 ? context.observation.levels : 256) - 1),
        bound_(config.max_log_concentration) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::levels; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"log_alpha", shape_}, {"log_beta", shape_}}; }

  Tensor log_of(const Theta& theta, const char* name) const {
    return elbo::soft_bound(theta[name].toType(at::kDouble), -bound_, bound_);
  }

  // The binomial distribution with odds alpha : beta, and what its rising factorials add, which vanishes as they grow.
  Tensor each(const Tensor& x, const Tensor& valid, const Theta& theta) const {
    const Tensor log_a = log_of(theta, "log_alpha"), log_b = log_of(theta, "log_beta"), l = log_a - log_b;
    const Tensor a = log_a.exp(), b = log_b.exp(), total = elbo::full({}, static_cast<double>(n_), a);
    const Tensor k = x.toType(at::kDouble).masked_fill(valid.logical_not(), 0);
    const Tensor binomial =
        elbo::log_choose(static_cast<double>(n_), k) + k * elbo::log_sigmoid(l) + (n_ - k) * elbo::log_sigmoid(-l);
    const Tensor excess =
        elbo::log_rising_excess(a, k) + elbo::log_rising_excess(b, n_ - k) - elbo::log_rising_excess(a + b, total);
    return binomial + excess;
  }
  Tensor is_level(const Tensor& x) const { return (x >= 0).logical_and(x <= n_).logical_and(x == x.floor()); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_level(x), log_p = elbo::sum_event(each(x, valid, theta));
    return elbo::minus_inf_outside(valid, log_p).toType(theta.flat().scalar_type());
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_level(x), log_p = each(x, valid, theta);
    return log_p.masked_fill(valid.logical_not(), -INFINITY).toType(theta.flat().scalar_type());
  }

  Tensor do_mean(const Theta& theta) const override {
    return ((log_of(theta, "log_alpha") - log_of(theta, "log_beta")).sigmoid() * n_).toType(theta.flat().scalar_type());
  }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const Tensor a = log_of(theta, "log_alpha").exp(), b = log_of(theta, "log_beta").exp(), sum = a + b;
    return (a / sum * (b / sum) * n_ * (sum + n_) / (sum + 1)).toType(theta.flat().scalar_type());
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor log_ga = elbo::log_gamma_draw(log_of(theta, "log_alpha").exp(), rng);
    const Tensor log_gb = elbo::log_gamma_draw(log_of(theta, "log_beta").exp(), rng);
    return elbo::binomial_draw(n_, log_ga - log_gb, rng).toType(theta.flat().scalar_type());
  }

  // alpha + beta from the variance v = n p q (s + n) / (s + 1), so s = (n^2 p q - v) / (v - n p q).
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const auto n = static_cast<double>(n_);
    const Tensor p = (statistics.mean.flatten() / n).clamp(0.001, 0.999), pq = p * (1 - p);
    const Tensor v = statistics.variance.flatten().maximum(pq * n * 1.01).minimum(pq * n * n * 0.999);
    const Tensor s = (pq * n * n - v) / (v - pq * n);
    return elbo::cat({(p * s).log(), ((1 - p) * s).log()}, 0).clamp(1 - bound_, bound_ - 1);
  }

  elbo::Shape shape_;
  int64_t n_;
  double bound_;
};

}  // namespace

ELBO_LIKELIHOOD(beta_binomial, BetaBinomial,
                "Integer levels with two outputs a value; also U-shaped, for images that are mostly black or white");
