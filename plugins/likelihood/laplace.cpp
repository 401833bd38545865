#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class Laplace final : public elbo::LocationScale {
 public:
  using LocationScale::LocationScale;

 private:
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor s = log_scale(theta), distance = (x - theta["loc"]).abs() * rounded(s.neg().exp(), theta);
    return (distance + rounded(s, theta)).neg() - elbo::log_2;
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    return elbo::sum_event(elbo::log_laplace_mass(lo, hi, theta["loc"], log_scale(theta)));
  }

  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded((log_scale(theta) * 2).exp() * 2, theta).expand_as(theta["loc"]);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    const Tensor u = rng.uniform(loc.sizes().vec());
    const Tensor y = elbo::where(u < 0.5, (u * 2).log(), ((1 - u) * 2).log().neg());
    return rounded(loc + log_scale(theta).exp() * y, theta);
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    return begin_at(statistics.median, statistics.mean_abs_deviation);
  }
};

}  // namespace

ELBO_LIKELIHOOD(laplace, Laplace,
                "Real values with double-exponential noise: sharper than gaussian, and milder on outliers");
