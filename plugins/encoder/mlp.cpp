// The encoder of Kingma & Welling (2014), Eq. 12: an MLP with a mean head and a log-scale head.
#include <elbo/posterior_head.hpp>
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::PosteriorHead;

class Mlp final : public elbo::Encoder {
 public:
  struct Config : elbo::nn::MlpConfig, elbo::PosteriorConfig {};
  static void describe(elbo::Options<Config>& o) {
    elbo::nn::MlpConfig::describe(o);
    PosteriorHead::describe(o);
  }

  Mlp(const Config& config, const elbo::Context& context)
      : body_(part("body", std::make_shared<elbo::nn::Mlp>(elbo::numel(context.observation.shape), config,
                                                           context.rng.fork("body")))),
        head_(part("head", std::make_shared<PosteriorHead>(config, body_->out(), context.latent_dim, context.rng,
                                                           elbo::nn::output_init(config.init)))) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    return head_->posterior(body_->forward(x.flatten(1)));
  }

  std::shared_ptr<elbo::nn::Mlp> body_;
  std::shared_ptr<PosteriorHead> head_;
};

}  // namespace

ELBO_ENCODER(mlp, Mlp, "fully connected layers, for data of any shape; posterior families and flows to choose from");
