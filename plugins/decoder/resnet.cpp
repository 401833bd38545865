// Fully connected layers, then transposed convolutions with residual blocks after each (He et al. 2016).
#include <elbo/sdk.hpp>

namespace {

class ResNet final : public elbo::nn::ImageDecoder {
 public:
  struct Config : ImageDecoder::Config {
    Config() { net.blocks = 2; }
  };
  static void describe(elbo::Options<Config>& o) {
    ImageDecoder::describe(o);
    o.include(&Config::net, elbo::nn::ImageNetConfig::describe_blocks);
  }
  using ImageDecoder::ImageDecoder;
};

}  // namespace

ELBO_DECODER(resnet, ResNet,
             "transposed convolutions with residual blocks, to images of any size: deeper than conv, and slower by "
             "about the number of blocks");
