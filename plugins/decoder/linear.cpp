// One linear layer: with the linear encoder and a Gaussian of shared scale, probabilistic PCA (Tipping & Bishop 1999).
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class LinearDecoder final : public elbo::Decoder {
 public:
  using Config = elbo::MarginalBias;
  static void describe(elbo::Options<Config>& o) { Config::describe(o); }

  LinearDecoder(const Config& config, const elbo::Context& context)
      : head_(part("head", std::make_shared<elbo::nn::Linear>(context.latent_dim, elbo::numel(context.decoder_output),
                                                              context.rng.fork("head")))),
        bias_at_marginal_(config.bias_at_marginal) {}

 private:
  Tensor do_decode(const Tensor& z) override { return head_->forward(z); }
  void do_set_output_bias(const Tensor& raw) override {
    if (bias_at_marginal_) head_->bias().detach().copy_(raw);
  }

  std::shared_ptr<elbo::nn::Linear> head_;
  bool bias_at_marginal_;
};

}  // namespace

ELBO_DECODER(linear, LinearDecoder, "one linear layer: with the linear encoder and a shared-scale Gaussian, pPCA");
