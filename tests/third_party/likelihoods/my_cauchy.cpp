// A likelihood under which x has no mean, and says so.
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class MyCauchy final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  MyCauchy(const Config&, const elbo::Context& context) : shape_(context.observation.shape) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::real; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"loc", shape_}, {"log_scale", shape_}}; }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor s = elbo::soft_bound(theta["log_scale"], -7, 7, at::kDouble);
    const Tensor t = elbo::standardized(x, theta["loc"], s);
    return elbo::sum_event(-t.square().log1p() - s - std::log(M_PI)).toType(theta.flat().scalar_type());
  }
  bool do_has_mean() const override { return false; }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor& loc = theta["loc"];
    const Tensor s = elbo::soft_bound(theta["log_scale"], -7, 7, at::kDouble);
    const Tensor t = ((rng.uniform(loc.sizes().vec()) - 0.5) * M_PI).tan();
    return (loc + s.exp() * t).toType(theta.flat().scalar_type());
  }

  elbo::Shape shape_;
};

}  // namespace

ELBO_LIKELIHOOD(my_cauchy, MyCauchy, "real values with noise of Cauchy's distribution, which has no mean");
