// Makes tokens of z, lets them attend to each other, and turns them into the parameters that the likelihood asks for.
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class Attention final : public elbo::Decoder {
 public:
  struct Config {
    int64_t tokens = 4, width = 8, heads = 2;
    double dropout = 0.2;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("tokens", &Config::tokens, "number of tokens").range(1, 64);
    o.add("width", &Config::width, "numbers a token").range(1, 64);
    o.add("heads", &Config::heads, "attention heads; width must be a multiple of it").range(1, 8);
    o.add("dropout", &Config::dropout, "part of the attention that is dropped in training").range(0, 0.9);
  }
  Attention(const Config& config, const elbo::Context& context)
      : tokens_(config.tokens),
        width_(config.width),
        spread_(add_module("spread", torch::nn::Linear(context.latent_dim, tokens_ * width_))),
        attention_(add_module("attention", attention(config))),
        out_(add_module(
            "out", torch::nn::Sequential(torch::nn::LayerNorm(torch::nn::LayerNormOptions({tokens_ * width_})),
                                         torch::nn::Dropout(config.dropout),
                                         torch::nn::Linear(tokens_ * width_, elbo::numel(context.decoder_output))))) {}

 private:
  static torch::nn::MultiheadAttention attention(const Config& config) {
    if (config.width % config.heads != 0) throw elbo::UserError("width must be a multiple of heads");
    return torch::nn::MultiheadAttention(
        torch::nn::MultiheadAttentionOptions(config.width, config.heads).dropout(config.dropout));
  }
  Tensor do_decode(const Tensor& z) override {
    const Tensor tokens = spread_->forward(z).view({z.size(0), tokens_, width_}).transpose(0, 1);  // [tokens, N, width]
    const Tensor mixed = tokens + std::get<0>(attention_->forward(tokens, tokens, tokens));
    return out_->forward(mixed.transpose(0, 1).flatten(1));
  }

  int64_t tokens_, width_;
  torch::nn::Linear spread_;
  torch::nn::MultiheadAttention attention_;
  torch::nn::Sequential out_;
};

}  // namespace

ELBO_DECODER(attention, Attention, "tokens made of z that attend to each other");
