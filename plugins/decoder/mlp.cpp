// Fully connected layers from the latents to whatever parameters the likelihood asks for.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class Mlp final : public elbo::Decoder {
 public:
  struct Config {
    elbo::nn::MlpConfig net;
    elbo::MarginalBias bias;
    int64_t first = 0;
  };
  static void describe(elbo::Options<Config>& o) {
    o.include(&Config::net);
    o.include(&Config::bias);
    o.add("first", &Config::first, "decode only the first so many latents, the lower layer of two_layers; 0 is all")
        .range(0, 1e6)
        .below("latent_dim");
  }

  Mlp(const Config& config, const elbo::Context& context)
      : latents_(config.first ? std::min(config.first, context.latent_dim - context.condition_dim)
                              : context.latent_dim - context.condition_dim),
        given_(context.condition_dim),
        body_(part("body", std::make_shared<elbo::nn::Mlp>(latents_ + given_, config.net, context.rng.fork("body")))),
        head_(part("head", std::make_shared<elbo::nn::Linear>(body_->out(), elbo::numel(context.decoder_output),
                                                              context.rng.fork("head"),
                                                              elbo::nn::output_init(config.net.init)))),
        bias_at_marginal_(config.bias.bias_at_marginal) {}

 private:
  Tensor do_decode(const Tensor& z) override {
    return head_->forward(body_->forward(latents_ + given_ < z.size(1) ? seen(z) : z));
  }
  void do_set_output_bias(const Tensor& raw) override {
    if (bias_at_marginal_) head_->bias().detach().copy_(raw);
  }

  /// The lower layer, and what is given beside it.
  Tensor seen(const Tensor& z) const { return elbo::cat({z.slice(1, 0, latents_), z.slice(1, z.size(1) - given_)}, 1); }

  int64_t latents_, given_;
  std::shared_ptr<elbo::nn::Mlp> body_;
  std::shared_ptr<elbo::nn::Linear> head_;
  bool bias_at_marginal_;
};

}  // namespace

ELBO_DECODER(mlp, Mlp, "fully connected layers, then one linear layer for all parameters of the likelihood");
