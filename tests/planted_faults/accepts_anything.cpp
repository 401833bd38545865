#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

// Cross-entropy, which also has a value for grey pixels.
class AcceptsAnything final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  AcceptsAnything(const Config&, const elbo::Context& context) : shape_(context.observation.shape) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::binary; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"logit", shape_}}; }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    return elbo::sum_event(x * theta["logit"] - elbo::softplus(theta["logit"]));
  }
  Tensor do_mean(const Theta& theta) const override { return theta["logit"].sigmoid(); }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor p = do_mean(theta);
    return (rng.uniform(p.sizes().vec()) < p).toType(p.scalar_type());
  }

  elbo::Shape shape_;
};
}  // namespace

ELBO_LIKELIHOOD(accepts_anything, AcceptsAnything, "a Bernoulli distribution that scores grey pixels");
