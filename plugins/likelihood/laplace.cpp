#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class Laplace final : public elbo::Likelihood {
 public:
  using Config = elbo::NoiseScaleConfig;
  static void describe(elbo::Options<Config>& o) { Config::describe(o); }
  Laplace(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape), scale_(part("scale", std::make_shared<elbo::NoiseScale>(config, shape_))) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::real; }
  std::vector<elbo::DecoderOutput> do_params() const override {
    std::vector<elbo::DecoderOutput> params = scale_->params();
    params.insert(params.begin(), {"loc", shape_});
    return params;
  }

  static Tensor rounded(const Tensor& t, const Theta& theta) { return t.toType(theta.flat().scalar_type()); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor s = scale_->log(theta), distance = (x - theta["loc"]).abs() * rounded(s.neg().exp(), theta);
    return elbo::sum_event((distance + rounded(s, theta)).neg() - elbo::log_2);
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    return elbo::sum_event(elbo::log_laplace_mass(lo, hi, theta["loc"], scale_->log(theta)));
  }

  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded((scale_->log(theta) * 2).exp() * 2, theta).expand_as(theta["loc"]);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    const Tensor u = rng.uniform(loc.sizes().vec());
    const Tensor y = elbo::where(u < 0.5, (u * 2).log(), ((1 - u) * 2).log().neg());
    return rounded(loc + scale_->log(theta).exp() * y, theta);
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const auto raw = scale_->init(statistics.mean_abs_deviation);
    const Tensor loc = statistics.median.flatten();
    return raw ? elbo::cat({loc, *raw}, 0) : loc;
  }

  elbo::Shape shape_;
  std::shared_ptr<elbo::NoiseScale> scale_;
};

}  // namespace

ELBO_LIKELIHOOD(laplace, Laplace,
                "Real values with double-exponential noise: sharper than gaussian, and milder on outliers");
