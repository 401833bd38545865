// The sound likelihood that faults are planted in: a normal distribution whose scale the decoder gives.
#pragma once
#include <elbo/sdk.hpp>

namespace planted {
using elbo::Tensor, elbo::Theta;

class Normal : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Normal(const Config&, const elbo::Context& context) : shape_(context.observation.shape) {}

 protected:
  elbo::Support do_support() const override { return elbo::Support::real; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"loc", shape_}, {"log_scale", shape_}}; }

  virtual Tensor log_scale(const Theta& theta) const { return elbo::soft_bound(theta["log_scale"], -6, 30); }
  /// [S, B, X...]
  virtual Tensor log_density(const Tensor& x, const Theta& theta) const {
    const Tensor s = log_scale(theta), r = (x - theta["loc"]) * s.neg().exp();
    return (r.square() / -2 - s) - elbo::half_log_2pi;
  }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    return elbo::sum_event(log_density(x, theta));
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    return elbo::sum_event(elbo::log_normal_mass(lo, hi, theta["loc"], log_scale(theta)));
  }
  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }
  std::optional<Tensor> do_variance(const Theta& theta) const override { return (log_scale(theta) * 2).exp(); }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    return theta["loc"] + log_scale(theta).exp() * rng.normal(theta["loc"].sizes().vec());
  }

  elbo::Shape shape_;
};

}  // namespace planted
