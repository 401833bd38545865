// Poisson's distribution that declares the total as given: its numbers would be kept from those that they belong beside.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class ClaimsATotal final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  ClaimsATotal(const Config&, const elbo::Context& context) : shape_(context.observation.shape) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::counts; }
  elbo::Conditioning do_conditioning() const override { return elbo::Conditioning::library_size; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"log_rate", shape_}}; }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x == x.floor()), k = x.masked_fill(valid.logical_not(), 0);
    return elbo::minus_inf_outside(valid, elbo::sum_event(elbo::log_poisson(k, theta["log_rate"])));
  }
  Tensor do_mean(const Theta& theta) const override { return theta["log_rate"].exp(); }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    return elbo::poisson_draw(theta["log_rate"].exp(), rng);
  }

  elbo::Shape shape_;
};

}  // namespace

ELBO_LIKELIHOOD(claims_a_total, ClaimsATotal, "a distribution of the total that declares it as given");
