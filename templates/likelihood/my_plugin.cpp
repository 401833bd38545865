// Logistic noise around a location: p(x) = e^-u / (s (1 + e^-u)^2), u = (x - loc) / s.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class MyPlugin final : public elbo::Likelihood {
 public:
  struct Config {
    double min_log_scale = -7.0;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("min_log_scale", &Config::min_log_scale, "soft lower bound of the log of the scale").range(-20, 0);
  }
  MyPlugin(const Config& config, const elbo::Context& context) : config_(config), shape_(context.observation.shape) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::real; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"loc", shape_}, {"log_scale", shape_}}; }

  // The decoder gives any real number; what becomes a scale of it is the likelihood's own choice.
  Tensor log_scale(const Theta& theta) const {
    return elbo::soft_bound(theta["log_scale"], config_.min_log_scale, 15);  // wider ones give levels no mass at all
  }

  // log p = log sigmoid(u) + log sigmoid(-u) - log s: no e^-u that could overflow.
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor s = log_scale(theta), u = (x - theta["loc"]) * (-s).exp();
    return elbo::sum_event(elbo::log_sigmoid(u) + elbo::log_sigmoid(-u) - s);
  }

  // The distribution function is sigmoid(u).
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor &loc = theta["loc"], s = log_scale(theta);
    const Tensor a = elbo::standardized(lo, loc, s), b = elbo::standardized(hi, loc, s);
    return elbo::sum_event(elbo::log_sigmoid_difference(a, b)).to(loc.scalar_type());
  }

  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }

  // The inverse of the distribution function, of a uniform number.
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor u = rng.uniform(theta["loc"].sizes().vec());
    return theta["loc"] + log_scale(theta).exp() * (u.log() - (-u).log1p());
  }

  Config config_;
  elbo::Shape shape_;
};

}  // namespace

ELBO_LIKELIHOOD(my_plugin, MyPlugin, "Real values with logistic noise of a learned scale");
