// Strided convolutions with residual blocks after each (He et al. 2016), then fully connected layers and the posterior.
#include <elbo/sdk.hpp>

namespace {

class ResNet final : public elbo::nn::ImageEncoder {
 public:
  struct Config : ImageEncoder::Config {
    Config() { net.blocks = 2; }
  };
  static void describe(elbo::Options<Config>& o) {
    ImageEncoder::describe(o);
    o.include(&Config::net, elbo::nn::ImageNetConfig::describe_blocks);
  }
  using ImageEncoder::ImageEncoder;
};

}  // namespace

ELBO_ENCODER(resnet, ResNet,
             "strided convolutions with residual blocks, for images of any size: deeper than conv, and slower by about "
             "the number of blocks");
