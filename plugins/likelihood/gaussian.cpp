#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class Gaussian final : public elbo::Likelihood {
 public:
  using Config = elbo::NoiseScaleConfig;
  static void describe(elbo::Options<Config>& o) { Config::describe_with_optimal(o); }
  Gaussian(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape), scale_(part("scale", std::make_shared<elbo::NoiseScale>(config, shape_))) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::real; }
  std::vector<elbo::DecoderOutput> do_params() const override {
    std::vector<elbo::DecoderOutput> params = scale_->params();
    params.insert(params.begin(), {"loc", shape_});
    return params;
  }

  // e^-s before the square: e^2s overflows float32 from s = 44 on.
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor residual = x - theta["loc"], s = scale_->log(theta, [&] { return residual; });
    const Tensor r = residual * rounded(s.neg().exp(), theta);
    return elbo::sum_event((r.square() / -2 - rounded(s, theta)) - elbo::half_log_2pi);
  }

  static Tensor rounded(const Tensor& t, const Theta& theta) { return t.toType(theta.flat().scalar_type()); }

  /// Of an interval; of a half-line its end.
  static Tensor middle(const Tensor& lo, const Tensor& hi) {
    return elbo::where(lo.isinf(), hi, elbo::where(hi.isinf(), lo, (lo + hi) / 2));
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor &loc = theta["loc"], s = scale_->log(theta, [&] { return middle(lo, hi) - loc; });
    return elbo::sum_event(elbo::log_normal_mass(lo, hi, loc, s));
  }

  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded((scale_->log(theta) * 2).exp(), theta).expand_as(theta["loc"]);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    return rounded(loc + scale_->log(theta).exp() * rng.normal(loc.sizes().vec()), theta);
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

ELBO_LIKELIHOOD(gaussian, Gaussian,
                "Real values with normal noise of a fixed, a shared learned, an optimal or a per-pixel scale");
