// The encoder of Kingma & Welling (2014), Eq. 12: an MLP with a mean head and a log-scale head.
#include <elbo/posterior_head.hpp>
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::PosteriorHead;

class Mlp final : public elbo::Encoder {
 public:
  struct Config : elbo::PosteriorConfig {
    std::vector<int64_t> hidden = {500};
    std::string activation = "tanh";
    bool gated = false;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("hidden", &Config::hidden, "units of each hidden layer, from the data to the latents").range(1, 1e6);
    o.add("activation", &Config::activation, "function after each hidden layer").one_of(elbo::nn::activations()).only_with("hidden");
    o.add("gated", &Config::gated, "multiply each hidden unit by a sigmoid of its own linear layer (Dauphin et al. 2017)").only_with("hidden");
    PosteriorHead::describe(o);
  }

  Mlp(const Config& config, const elbo::Context& context)
      : body_(part("body", std::make_shared<elbo::nn::Mlp>(elbo::numel(context.observation.shape), config.hidden,
                                                           config.activation, context.rng.fork("body"), config.gated))),
        head_(part("head", std::make_shared<PosteriorHead>(config, body_->out(), context.latent_dim, context.rng))) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override { return head_->posterior(body_->forward(x.flatten(1))); }

  std::shared_ptr<elbo::nn::Mlp> body_;
  std::shared_ptr<PosteriorHead> head_;
};

}  // namespace

ELBO_ENCODER(mlp, Mlp, "fully connected layers, for data of any shape; posterior families and flows to choose from");
