// Strided convolutions, then fully connected layers and the posterior.
#include <elbo/sdk.hpp>

namespace {

class Conv final : public elbo::nn::ImageEncoder {
 public:
  using ImageEncoder::ImageEncoder;
};

}  // namespace

ELBO_ENCODER(conv, Conv,
             "strided convolutions for images of any size: fewer weights than mlp, and used to neighbouring pixels");
