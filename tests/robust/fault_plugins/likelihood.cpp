#include <elbo/sdk.hpp>

#include "fault.hpp"

namespace {

/// Bernoulli otherwise.
class Faulty final : public elbo::Likelihood {
 public:
  using Config = fault::Config;
  static void describe(elbo::Options<Config>& o) { fault::describe(o); }
  Faulty(const Config& config, const elbo::Context& context) : config_(config), shape_(context.observation.shape) {
    fault::happen(config, "constructor");
  }

 private:
  elbo::Support do_support() const override { return elbo::Support::binary; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"logit", shape_}}; }
  elbo::Tensor do_log_prob(const elbo::Tensor& x, const elbo::Theta& theta) const override {
    fault::happen(config_, "call");
    return elbo::sum_event(elbo::log_sigmoid((x * 2 - 1) * theta["logit"]));
  }
  elbo::Tensor do_mean(const elbo::Theta& theta) const override { return theta["logit"].sigmoid(); }
  elbo::Tensor do_sample(const elbo::Theta& theta, elbo::Rng& rng) const override {
    const elbo::Tensor p = theta["logit"].sigmoid();
    return (rng.uniform(p.sizes().vec()) < p).to(p.scalar_type());
  }

  Config config_;
  elbo::Shape shape_;
};

}  // namespace

ELBO_LIKELIHOOD(faulty, Faulty, "goes wrong on request");
