// The encoder of Kingma & Welling (2014), Eq. 12: an MLP with a mean head and a log-scale head.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::PosteriorHead;

class Mlp final : public elbo::Encoder {
 public:
  struct Config {
    elbo::nn::MlpConfig net;
    elbo::PosteriorConfig posterior;
  };
  static void describe(elbo::Options<Config>& o) {
    o.include(&Config::net);
    o.include(&Config::posterior);
    elbo::PosteriorConfig::begin_by_activation(o);
  }

  Mlp(const Config& config, const elbo::Context& context)
      : body_(part("body", std::make_shared<elbo::nn::Mlp>(elbo::numel(context.observation.shape), config.net,
                                                           context.rng.fork("body")))),
        head_(part("head", std::make_shared<PosteriorHead>(config.posterior, body_->out(), context.latent_dim,
                                                           context.rng, elbo::nn::output_init(config.net.init)))) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    return head_->posterior(body_->forward(x.flatten(1)));
  }

  std::shared_ptr<elbo::nn::Mlp> body_;
  std::shared_ptr<PosteriorHead> head_;
};

}  // namespace

ELBO_ENCODER(mlp, Mlp, "fully connected layers, for data of any shape; posterior families and flows to choose from");
