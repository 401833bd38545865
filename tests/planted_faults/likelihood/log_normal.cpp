// Nothing is wrong with this one, of a support that no shipped likelihood has: values above 0.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class LogNormal final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  LogNormal(const Config&, const elbo::Context& context) : shape_(context.observation.shape) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::positive; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"loc", shape_}, {"log_scale", shape_}}; }
  Tensor log_scale(const Theta& theta) const { return elbo::soft_bound(theta["log_scale"], -6, 1); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = x > 0, y = x.masked_fill(valid.logical_not(), 1).log(), s = log_scale(theta);
    const Tensor u = (y - theta["loc"]) * s.neg().exp();
    return elbo::minus_inf_outside(valid, elbo::sum_event(u.square() / -2 - s - y - elbo::half_log_2pi));
  }
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const auto exact = [](const Tensor& t) { return t.to(at::kDouble); };
    const Tensor& loc = theta["loc"];
    const Tensor mass = elbo::log_normal_mass(exact(lo).clamp_min(0).log(), exact(hi).clamp_min(0).log(), exact(loc),
                                              exact(log_scale(theta)));
    return elbo::sum_event(mass).to(loc.scalar_type());
  }
  Tensor do_mean(const Theta& theta) const override { return (theta["loc"] + (2 * log_scale(theta)).exp() / 2).exp(); }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    return (loc + log_scale(theta).exp() * rng.normal(loc.sizes().vec())).exp();
  }

  elbo::Shape shape_;
};
}  // namespace

ELBO_LIKELIHOOD(log_normal, LogNormal, "positive values whose logarithm is normal");
