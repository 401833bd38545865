// Fully connected layers, then transposed convolutions with residual blocks after each (He et al. 2016).
#include <elbo/image_coders.hpp>
#include <elbo/sdk.hpp>

namespace {

class ResNet final : public elbo::nn::ImageDecoder {
 public:
  struct Config : ImageDecoder::Config {
    Config() { blocks = 2; }
  };
  static void describe(elbo::Options<Config>& o) {
    ImageDecoder::describe(o);
    elbo::nn::ImageNetConfig::describe_blocks(o);
  }
  using ImageDecoder::ImageDecoder;
};

}  // namespace

ELBO_DECODER(resnet, ResNet,
             "transposed convolutions with residual blocks, to images of any size: deeper than conv, and slower by "
             "about the number of blocks");
