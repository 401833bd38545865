// Strided convolutions with residual blocks after each (He et al. 2016), then fully connected layers and the posterior.
#include <elbo/image_coders.hpp>
#include <elbo/sdk.hpp>

namespace {

class ResNet final : public elbo::nn::ImageEncoder {
 public:
  struct Config : ImageEncoder::Config {
    Config() { blocks = 2; }
  };
  static void describe(elbo::Options<Config>& o) {
    ImageEncoder::describe(o);
    elbo::nn::ImageNetConfig::describe_blocks(o);
  }
  using ImageEncoder::ImageEncoder;
};

}  // namespace

ELBO_ENCODER(resnet, ResNet,
             "strided convolutions with residual blocks, for images of any size: deeper than conv, and slower by about "
             "the number of blocks");
