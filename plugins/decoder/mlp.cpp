// Fully connected layers from the latents to whatever parameters the likelihood asks for.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class Mlp final : public elbo::Decoder {
 public:
  struct Config {
    std::vector<int64_t> hidden = {500};
    std::string activation = "tanh";
    bool gated = false;
    int64_t first = 0;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("hidden", &Config::hidden, "units of each hidden layer, from the latents to the data").range(1, 1e6);
    o.add("activation", &Config::activation, "function after each hidden layer").one_of(elbo::nn::activations()).only_with("hidden");
    o.add("gated", &Config::gated, "multiply each hidden unit by a sigmoid of its own linear layer (Dauphin et al. 2017)").only_with("hidden");
    o.add("first", &Config::first, "decode only the first so many latents, the lower layer of two_layers; 0 is all").range(0, 1e6);
  }

  Mlp(const Config& config, const elbo::Context& context)
      : latents_(config.first ? std::min(config.first, context.latent_dim) : context.latent_dim),
        body_(part("body", std::make_shared<elbo::nn::Mlp>(latents_, config.hidden, config.activation,
                                                           context.rng.fork("body"), config.gated))),
        head_(part("head", std::make_shared<elbo::nn::Linear>(body_->out(), elbo::numel(context.decoder_output),
                                                              context.rng.fork("head")))) {}

 private:
  Tensor do_decode(const Tensor& z) override { return head_->forward(body_->forward(latents_ < z.size(1) ? z.slice(1, 0, latents_) : z)); }
  void do_set_output_bias(const Tensor& raw) override { head_->bias().detach().copy_(raw); }

  int64_t latents_;
  std::shared_ptr<elbo::nn::Mlp> body_;
  std::shared_ptr<elbo::nn::Linear> head_;
};

}  // namespace

ELBO_DECODER(mlp, Mlp, "fully connected layers, then one linear layer for all parameters of the likelihood");
