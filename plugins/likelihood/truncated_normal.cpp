#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class TruncatedNormal final : public elbo::Likelihood {
 public:
  using Config = elbo::NoiseScaleConfig;
  static void describe(elbo::Options<Config>& o) { Config::describe(o); }
  TruncatedNormal(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape), scale_(part("scale", std::make_shared<elbo::NoiseScale>(config, shape_))) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::unit_interval; }
  std::vector<elbo::DecoderOutput> do_params() const override {
    std::vector<elbo::DecoderOutput> params = scale_->params();
    params.insert(params.begin(), {"loc", shape_});
    return params;
  }
  Tensor rounded(const Tensor& t, const Theta& theta) const { return t.toType(theta.flat().scalar_type()); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor log_p = elbo::sum_event(elbo::truncated_normal::log_density(x, theta["loc"], scale_->log(theta)));
    return elbo::minus_inf_outside((x >= 0).logical_and(x <= 1), log_p);
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    return elbo::sum_event(elbo::truncated_normal::log_mass(lo, hi, theta["loc"], scale_->log(theta)));
  }

  Tensor do_mean(const Theta& theta) const override {
    return rounded(elbo::truncated_normal::mean(theta["loc"], scale_->log(theta)), theta);
  }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded(elbo::truncated_normal::variance(theta["loc"], scale_->log(theta)), theta);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor u = rng.uniform(theta["loc"].sizes().vec());
    return rounded(elbo::truncated_normal::quantile(u, theta["loc"], scale_->log(theta)), theta);
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const auto raw = scale_->init(statistics.variance.sqrt());
    const Tensor loc = statistics.mean.flatten();
    return raw ? elbo::cat({loc, *raw}, 0) : loc;
  }

  elbo::Shape shape_;
  std::shared_ptr<elbo::NoiseScale> scale_;
};

}  // namespace

ELBO_LIKELIHOOD(truncated_normal, TruncatedNormal,
                "Values in [0, 1] with normal noise that is cut off at 0 and 1 and normalised");
