#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class Poisson final : public elbo::Likelihood {
 public:
  struct Config {
    double max_log_rate = 80;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("max_log_rate", &Config::max_log_rate, "soft upper bound of the log of the rate; float32 ends at 88")
        .range(1, 85);
  }
  Poisson(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape), max_log_rate_(config.max_log_rate) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::counts; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"log_rate", shape_}}; }
  // float64, so that large counts keep their digits
  Tensor log_rate(const Theta& theta) const {
    return elbo::soft_upper_bound(theta["log_rate"], max_log_rate_, at::kDouble);
  }
  Tensor rounded(const Tensor& t, const Theta& theta) const { return t.toType(theta.flat().scalar_type()); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x == x.floor()), k = x.masked_fill(valid.logical_not(), 0);
    return rounded(elbo::minus_inf_outside(valid, elbo::sum_event(elbo::log_poisson(k, log_rate(theta)))), theta);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor outside = (x >= 0).logical_and(x == x.floor()).logical_not();
    const Tensor log_p = elbo::log_poisson(x.masked_fill(outside, 0), log_rate(theta));
    return rounded(log_p.masked_fill(outside, -INFINITY), theta);
  }

  Tensor do_mean(const Theta& theta) const override { return rounded(log_rate(theta).exp(), theta); }
  std::optional<Tensor> do_variance(const Theta& theta) const override { return do_mean(theta); }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    return rounded(elbo::poisson_draw(log_rate(theta).exp(), rng), theta);
  }
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    return statistics.mean.clamp_min(1e-3).log().flatten();
  }

  elbo::Shape shape_;
  double max_log_rate_;
};

}  // namespace

ELBO_LIKELIHOOD(poisson, Poisson, "Counts whose variance is their mean");
