// p(x) = a x^(a - 1) on (0, 1): without a finite density at 0.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class MyPower final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  MyPower(const Config&, const elbo::Context& context) : shape_(context.observation.shape) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::unit_interval; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"log_a", shape_}}; }
  static Tensor log_a(const Theta& theta) { return elbo::soft_bound(theta["log_a"], -5, 5); }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor a = log_a(theta);
    return elbo::minus_inf_outside((x > 0).logical_and(x <= 1), elbo::sum_event(a + (a.exp() - 1) * x.log()));
  }
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor a = log_a(theta).exp();
    return elbo::sum_event((hi.pow(a) - lo.pow(a)).log());
  }
  Tensor do_mean(const Theta& theta) const override { return log_a(theta).sigmoid(); }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    return (rng.uniform(theta["log_a"].sizes().vec()).log() * (-log_a(theta)).exp()).exp();
  }

  elbo::Shape shape_;
};

}  // namespace

ELBO_LIKELIHOOD(my_power, MyPower, "values in (0, 1] whose logarithm is exponential");
