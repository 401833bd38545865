// A Poisson likelihood with the fault that an option chooses.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class Faulty final : public elbo::Likelihood {
 public:
  struct Config {
    std::string fault = "none";
  };
  static void describe(elbo::Options<Config>& o) { o.add("fault", &Config::fault, "what is wrong with it"); }
  Faulty(const Config& config, const elbo::Context& context)
      : fault_(config.fault), shape_(context.observation.shape) {}

 private:
  bool is(const char* fault) const { return fault_ == fault; }

  elbo::Support do_support() const override { return elbo::Support::counts; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"log_rate", shape_}}; }
  Tensor log_rate(const Theta& theta) const { return elbo::soft_bound(theta["log_rate"], -30, 12); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x == x.floor()),
                 k = x.masked_fill(valid.logical_not(), 0).to(at::kDouble), s = log_rate(theta).to(at::kDouble);
    Tensor log_factorial = (k + 1).lgamma();
    if (is("stirling_of_large_counts"))  // without its term log(2 pi k) / 2
      log_factorial = elbo::where(k > 60, k * k.clamp_min(1).log() - k, log_factorial);
    if (is("table_of_20")) log_factorial = k.clamp_max(20).add(1).lgamma();
    return elbo::minus_inf_outside(
        valid, elbo::sum_event(k * s - s.exp() - log_factorial).to(theta["log_rate"].scalar_type()));
  }
  Tensor do_mean(const Theta& theta) const override { return log_rate(theta).exp(); }
  std::optional<Tensor> do_variance(const Theta& theta) const override { return log_rate(theta).exp(); }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor rate = log_rate(theta).exp();
    if (is("normal_draws")) return (rate + rate.sqrt() * rng.normal(rate.sizes().vec())).round().clamp_min(0);
    const Tensor k = elbo::poisson_draw(rate, rng);
    return is("caps_draws") ? k.clamp_max(24) : k;
  }

  std::string fault_;
  elbo::Shape shape_;
};
}  // namespace

ELBO_LIKELIHOOD(faulty_counts, Faulty, "a Poisson likelihood with the fault of your choice");
