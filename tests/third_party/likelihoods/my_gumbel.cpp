// A density that says only how dense it is: its levels are integrated for it. p(x) = e^-(t + e^-t) / s, t = (x - loc) / s, for which the
// mass of an interval is known to the tests, too: its distribution function is exp(-e^-t).
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class MyGumbel final : public elbo::Likelihood {
 public:
  struct Config {
    elbo::NoiseScaleConfig noise;
  };
  static void describe(elbo::Options<Config>& o) { o.include(&Config::noise); }
  MyGumbel(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape),
        scale_(part("scale", std::make_shared<elbo::NoiseScale>(config.noise, shape_))) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::real; }
  std::vector<elbo::DecoderOutput> do_params() const override {
    std::vector<elbo::DecoderOutput> params = scale_->params();
    params.insert(params.begin(), {"loc", shape_});
    return params;
  }

  static Tensor rounded(const Tensor& t, const Theta& theta) { return t.toType(theta.flat().scalar_type()); }

  // e^-t far below the location overflows to infinity, as -log p does there.
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor s = scale_->log(theta), t = elbo::standardized(x, theta["loc"], s);
    return rounded(-(t + (-t).clamp_max(700).exp()) - s, theta);
  }

  Tensor do_mean(const Theta& theta) const override {
    return rounded(theta["loc"] + scale_->log(theta).exp() * 0.577215664901532860607, theta);
  }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded((scale_->log(theta) * 2).exp() * (M_PI * M_PI / 6), theta).expand_as(theta["loc"]);
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    return rounded(loc - scale_->log(theta).exp() * rng.uniform(loc.sizes().vec()).log().neg().log(), theta);
  }

  elbo::Shape shape_;
  std::shared_ptr<elbo::NoiseScale> scale_;
};

}  // namespace

ELBO_LIKELIHOOD(my_gumbel, MyGumbel, "real values with noise of Gumbel's distribution, whose levels are integrated");
