// Convolutional networks for encoders and decoders of images of any size.
#pragma once
#include <elbo/component.hpp>
#include <elbo/nn.hpp>
#include <elbo/options.hpp>

namespace elbo::nn {

struct ImageShape {
  int64_t channels = 1, height = 0, width = 0;
};

/// Of data of shape [height, width] or [channels, height, width]. Throws UserError on any other.
ELBO_EXPORT ImageShape image_shape(const Shape& x);

/// The options of image networks.
struct ImageNetConfig {
  std::vector<int64_t> channels = {32, 64};
  std::vector<int64_t> hidden = {256};
  int64_t blocks = 0;
  std::string activation = "silu";
  bool gated = false;
  std::string upsampling = "transposed";
  std::string init = "fan_in";

  template <class Config>
  static void describe(Options<Config>& o) {
    o.template add<std::vector<int64_t>>(
         "channels", &Config::channels,
         "channels of each stage, from the image inwards; each stage halves height and width")
        .range(1, 1e4);
    o.template add<std::vector<int64_t>>("hidden", &Config::hidden,
                                         "units of the fully connected layers between stages and latents")
        .range(1, 1e5);
    o.template add<std::string>("activation", &Config::activation, "function after each layer")
        .one_of(activations())
        .only_with("channels")
        .or_with("hidden");
    o.template add<bool>("gated", &Config::gated,
                         "multiply what each stage's resampling convolution gives by a sigmoid of another one's (van "
                         "den Oord et al. 2016)")
        .only_with("channels");
    MlpConfig::describe_init(o);
  }
  template <class Config>
  static void describe_blocks(Options<Config>& o) {
    o.template add<int64_t>("blocks", &Config::blocks, "residual blocks in each stage")
        .range(1, 16)
        .only_with("channels");
  }
  template <class Config>
  static void describe_upsampling(Options<Config>& o) {
    o.template add<std::string>(
         "upsampling", &Config::upsampling,
         "how a stage doubles height and width: a transposed convolution, or nearest neighbours and a "
         "convolution (resize), which is slower and smoother")
        .one_of({"transposed", "resize"})
        .only_with("channels");
  }
};

class ImageStage;

/// Images [N, X...] -> features [N, out()].
class ELBO_EXPORT ImageDown : public Module {
 public:
  ImageDown(const ImageNetConfig& config, const Shape& x, Rng rng);
  ~ImageDown() override;
  Tensor forward(const Tensor& x) const;
  int64_t out() const { return dense_->out(); }

 private:
  ImageShape shape_;
  std::vector<std::shared_ptr<ImageStage>> stages_;
  std::shared_ptr<Mlp> dense_;
};

/// Latents [N, L] -> [N, numel(params)]. A parameter whose shape ends in [height, width] is a 1 x 1 convolution of the last
/// feature maps, with a bias for each of its values; any other is a linear layer of the features of the whole image. Throws UserError where there is no such map.
class ELBO_EXPORT ImageUp : public Module {
 public:
  ImageUp(const ImageNetConfig& config, int64_t latents, const Shape& x, std::vector<Param> params, Rng rng);
  ~ImageUp() override;
  Tensor forward(const Tensor& z) const;
  const Tensor& output_bias() const { return bias_; }  // [numel(params)]

 private:
  bool is_map(const Param& param) const;
  Tensor outputs(const Tensor& features, const Tensor& maps) const;

  ImageShape shape_, innermost_;
  std::vector<Param> params_;
  std::shared_ptr<Mlp> dense_;
  std::shared_ptr<Linear> spread_, whole_;  // to the innermost maps; to parameters that are no maps, or null
  std::vector<std::shared_ptr<ImageStage>> stages_;
  Tensor map_weight_, bias_;  // [channels of all maps, channels of the features, 1, 1]
};

}  // namespace elbo::nn
