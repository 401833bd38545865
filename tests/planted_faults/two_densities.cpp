#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

// Draws as the base does, and says another density of a given z.
class Two final : public elbo::Posterior {
 public:
  explicit Two(std::unique_ptr<elbo::Posterior> base) : base_(std::move(base)) {}
  elbo::Sample draw(int64_t samples, elbo::Rng& rng) const override { return base_->draw(samples, rng); }
  Tensor mean() const override { return base_->mean(); }
  std::optional<Tensor> log_prob(const Tensor& z) const override { return *base_->log_prob(z) + 0.01; }

 private:
  std::unique_ptr<elbo::Posterior> base_;
};

class TwoDensities final : public elbo::Encoder {
 public:
  using Config = elbo::PosteriorConfig;
  static void describe(elbo::Options<Config>& o) { Config::describe(o); }
  TwoDensities(const Config& config, const elbo::Context& context)
      : head_(part("head", std::make_shared<elbo::PosteriorHead>(config, elbo::numel(context.observation.shape),
                                                                 context.latent_dim, context.rng))) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    return std::make_unique<Two>(head_->posterior(x.flatten(1)));
  }

  std::shared_ptr<elbo::PosteriorHead> head_;
};
}  // namespace

ELBO_ENCODER(two_densities, TwoDensities, "gives its draws another density than it says of a given z");
