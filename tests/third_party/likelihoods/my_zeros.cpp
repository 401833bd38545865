// Poisson's distribution with extra zeros, whose share is learned and no output of the decoder.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class MyZeros final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  MyZeros(const Config&, const elbo::Context& context)
      : shape_(context.observation.shape), share_(parameter("share", elbo::full({1}, -2))) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::counts; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"a", shape_}}; }
  static Tensor log_rate(const Theta& theta) { return -elbo::soft_lower_bound(-theta["a"], -50); }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x == x.floor()), k = x.masked_fill(valid.logical_not(), 0);
    const Tensor counted = elbo::log_poisson(k, log_rate(theta)) + elbo::log_sigmoid(-share_);
    const Tensor extra = elbo::log_sigmoid(share_), zero = extra + elbo::softplus(counted - extra);
    return elbo::minus_inf_outside(valid, elbo::sum_event(elbo::where(k == 0, zero, counted)));
  }
  Tensor do_mean(const Theta& theta) const override { return log_rate(theta).exp() * (-share_).sigmoid(); }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor rate = log_rate(theta).exp(), counted = elbo::poisson_draw(rate, rng);
    return counted * (rng.uniform(rate.sizes().vec()) > share_.sigmoid());
  }

  elbo::Shape shape_;
  Tensor share_;
};

}  // namespace

ELBO_LIKELIHOOD(my_zeros, MyZeros, "counts of a rate with extra zeros");
