// The encoder of probabilistic PCA: a linear mean and a scale that does not depend on x (Lucas et al. 2019).
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::PosteriorHead;

class LinearEncoder final : public elbo::Encoder {
 public:
  using Config = elbo::PosteriorConfig;
  static void describe(elbo::Options<Config>& o) { Config::describe(o, PosteriorHead::Scale::constant); }

  LinearEncoder(const Config& config, const elbo::Context& context)
      : head_(part("head",
                   std::make_shared<PosteriorHead>(config, elbo::numel(context.observation.shape), context.latent_dim,
                                                   context.rng, "glorot", PosteriorHead::Scale::constant))) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override { return head_->posterior(x.flatten(1)); }

  std::shared_ptr<PosteriorHead> head_;
};

}  // namespace

ELBO_ENCODER(linear, LinearEncoder,
             "one linear layer and one scale per latent dimension, without bounds: with the linear decoder, pPCA");
