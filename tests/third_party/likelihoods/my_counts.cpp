// Poisson's distribution under another name, without a variance.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class MyCounts final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  MyCounts(const Config&, const elbo::Context& context) : shape_(context.observation.shape) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::counts; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"a", shape_}}; }
  static Tensor log_rate(const Theta& theta) { return -elbo::soft_lower_bound(-theta["a"], -50); }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x == x.floor()), k = x.masked_fill(valid.logical_not(), 0);
    return elbo::minus_inf_outside(valid, elbo::sum_event(elbo::log_poisson(k, log_rate(theta))));
  }
  Tensor do_mean(const Theta& theta) const override { return log_rate(theta).exp(); }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    return elbo::poisson_draw(log_rate(theta).exp(), rng);
  }

  elbo::Shape shape_;
};

}  // namespace

ELBO_LIKELIHOOD(my_counts, MyCounts, "counts of a rate");
