// Lambert (1992).
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class ZeroInflatedPoisson final : public elbo::Likelihood {
 public:
  struct Config {
    double max_log_rate = 80;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("max_log_rate", &Config::max_log_rate,
          "soft upper bound of the log of the rate of the counts that are no extra zeros; float32 ends at 88")
        .range(1, 85);
  }
  ZeroInflatedPoisson(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape), max_log_rate_(config.max_log_rate) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::counts; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"log_rate", shape_}, {"zero_logit", shape_}}; }

  // float64, so that large counts keep their digits
  Tensor log_rate(const Theta& theta) const {
    return elbo::soft_upper_bound(theta["log_rate"], max_log_rate_, at::kDouble);
  }
  static Tensor zero_logit(const Theta& theta) { return theta["zero_logit"].toType(at::kDouble); }
  static Tensor rounded(const Tensor& t, const Theta& theta) { return t.toType(theta.flat().scalar_type()); }
  static Tensor is_count(const Tensor& x) { return (x >= 0).logical_and(x == x.floor()); }

  // Poisson is the negative binomial distribution of a dispersion without end; at this one they differ by less than e^-30 at the
  // largest rate and count that the bounds allow.
  Tensor each(const Tensor& x, const Tensor& valid, const Theta& theta) const {
    constexpr double log_dispersion_of_poisson = 200;
    const Tensor k = x.masked_fill(valid.logical_not(), 0), rate = log_rate(theta);
    return elbo::log_zero_inflated_negative_binomial(k, rate, elbo::full({1}, log_dispersion_of_poisson, rate),
                                                     theta["zero_logit"]);
  }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_count(x);
    return rounded(elbo::minus_inf_outside(valid, elbo::sum_event(each(x, valid, theta))), theta);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_count(x);
    return rounded(each(x, valid, theta).masked_fill(valid.logical_not(), -INFINITY), theta);
  }

  static Tensor kept(const Theta& theta) { return zero_logit(theta).neg().sigmoid(); }
  Tensor do_mean(const Theta& theta) const override { return rounded(kept(theta) * log_rate(theta).exp(), theta); }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const Tensor rate = log_rate(theta).exp();
    return rounded(kept(theta) * (rate + zero_logit(theta).sigmoid() * rate.square()), theta);
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor keep = kept(theta), counted = elbo::poisson_draw(log_rate(theta).exp(), rng);
    return rounded(counted * (rng.uniform(keep.sizes().vec()) < keep), theta);
  }

  // The share s of extra zeros with variance = mean + s / (1 - s) mean^2, and the rate with mean = (1 - s) rate. Variance that is
  // not from zeros would ask for nearly all of them, so s keeps away from 1.
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const Tensor mean = statistics.mean.clamp_min(1e-3).flatten();
    const Tensor excess = (statistics.variance.flatten() - mean).clamp_min(1e-6);
    const Tensor odds = (excess / mean.square()).log().clamp(-4, 1);
    return elbo::cat({mean.log() + elbo::softplus(odds), odds}, 0);
  }

  elbo::Shape shape_;
  double max_log_rate_;
};

}  // namespace

ELBO_LIKELIHOOD(zero_inflated_poisson, ZeroInflatedPoisson,
                "Counts like poisson with extra zeros, as from units that cannot have any");
