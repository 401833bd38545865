#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class DeafEncoder final : public elbo::Encoder {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  DeafEncoder(const Config&, const elbo::Context& context)
      : mean_(part("mean", std::make_shared<elbo::nn::Linear>(elbo::numel(context.observation.shape),
                                                              context.latent_dim, context.rng.fork("mean")))),
        log_scale_(
            part("log_scale", std::make_shared<elbo::nn::Linear>(elbo::numel(context.observation.shape),
                                                                 context.latent_dim, context.rng.fork("scale")))) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    const Tensor h = x.flatten(1);
    return elbo::posteriors::diagonal_normal(mean_->forward(h), log_scale_->forward(h).detach());
  }
  std::shared_ptr<elbo::nn::Linear> mean_, log_scale_;
};
}  // namespace

ELBO_ENCODER(deaf_encoder, DeafEncoder, "no gradient reaches its scale");
