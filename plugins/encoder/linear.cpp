// The encoder of probabilistic PCA: a linear mean and a scale that does not depend on x (Lucas et al. 2019).
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class LinearEncoder final : public elbo::Encoder {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}

  LinearEncoder(const Config&, const elbo::Context& context)
      : mean_(part("mean", std::make_shared<elbo::nn::Linear>(elbo::numel(context.observation.shape), context.latent_dim,
                                                              context.rng.fork("mean")))),
        log_scale_(parameter("log_scale", elbo::zeros(elbo::Shape{context.latent_dim}))) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    const Tensor mean = mean_->forward(x.flatten(1));
    return elbo::diagonal_normal(mean, log_scale_.expand_as(mean));
  }

  std::shared_ptr<elbo::nn::Linear> mean_;
  Tensor log_scale_;
};

}  // namespace

ELBO_ENCODER(linear, LinearEncoder, "one linear layer and one scale per latent dimension: with the linear decoder, pPCA");
