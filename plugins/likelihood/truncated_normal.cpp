#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class TruncatedNormal final : public elbo::LocationScale {
 public:
  TruncatedNormal(const Config& config, const elbo::Context& context)
      : LocationScale(config, context, elbo::Support::unit_interval) {}

 private:
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor log_p = elbo::sum_event(elbo::truncated_normal::log_density(x, theta["loc"], log_scale(theta)));
    return elbo::minus_inf_outside((x >= 0).logical_and(x <= 1), log_p);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor outside = (x >= 0).logical_and(x <= 1).logical_not();
    return elbo::truncated_normal::log_density(x, theta["loc"], log_scale(theta)).masked_fill(outside, -INFINITY);
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    return elbo::sum_event(elbo::truncated_normal::log_mass(lo, hi, theta["loc"], log_scale(theta)));
  }

  Tensor do_mean(const Theta& theta) const override {
    return rounded(elbo::truncated_normal::mean(theta["loc"], log_scale(theta)), theta);
  }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded(elbo::truncated_normal::variance(theta["loc"], log_scale(theta)), theta);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor u = rng.uniform(theta["loc"].sizes().vec());
    return rounded(elbo::truncated_normal::quantile(u, theta["loc"], log_scale(theta)), theta);
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    return begin_at(statistics.mean, statistics.variance.sqrt());
  }
};

}  // namespace

ELBO_LIKELIHOOD(truncated_normal, TruncatedNormal,
                "Values in [0, 1] with normal noise that is cut off at 0 and 1 and normalised");
