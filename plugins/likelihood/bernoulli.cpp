// Kingma & Welling (2014), appendix C.1
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class Bernoulli final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Bernoulli(const Config&, const elbo::Context& context)
      : shape_(context.observation.shape), soft_(context.observation.support == elbo::Support::unit_interval) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::binary; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"logit", shape_}}; }

  // Of values in [0, 1] the mean of log p over independent binary draws of them: the cross-entropy.
  Tensor mean_over_draws(const Tensor& x, const Tensor& logit) const {
    const Tensor mean = elbo::sum_event(x * elbo::log_sigmoid(logit) + (1 - x) * elbo::log_sigmoid(-logit));
    return elbo::minus_inf_outside((x >= 0).logical_and(x <= 1), mean);
  }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    return soft_ ? mean_over_draws(x, theta["logit"]) : elbo::bernoulli_log_prob(x, theta["logit"]);
  }

  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor& logit = theta["logit"];
    if (soft_) {
      const Tensor mean = x * elbo::log_sigmoid(logit) + (1 - x) * elbo::log_sigmoid(-logit);
      return mean.masked_fill((x >= 0).logical_and(x <= 1).logical_not(), -INFINITY);
    }
    const Tensor valid = (x == 0).logical_or(x == 1);
    return elbo::log_sigmoid((x * 2 - 1) * logit).masked_fill(valid.logical_not(), -INFINITY);
  }

  Tensor do_mean(const Theta& theta) const override { return theta["logit"].sigmoid(); }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return theta["logit"].sigmoid() * theta["logit"].neg().sigmoid();
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor p = theta["logit"].sigmoid();
    return (rng.uniform(p.sizes().vec()) < p).to(p.scalar_type());
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    return statistics.mean.clamp(0.001, 0.999).logit().flatten();
  }

  elbo::Shape shape_;
  bool soft_;
};

}  // namespace

ELBO_LIKELIHOOD(bernoulli, Bernoulli,
                "Binary values, each with its own probability; for binarised images, not for grey ones");
