// Fully connected layers, then transposed convolutions up to the size of the images.
#include <elbo/sdk.hpp>

namespace {

class Conv final : public elbo::nn::ImageDecoder {
 public:
  using ImageDecoder::ImageDecoder;
};

}  // namespace

ELBO_DECODER(conv, Conv,
             "transposed convolutions to images of any size; a 1 x 1 convolution gives each parameter, so that "
             "categorical stays small");
