// Layers and networks for encoders and decoders, with the options that choose among them. forward() throws c10::Error, libtorch's
// exception, where shapes do not fit together, and UserError on an activation that is not known; constructors throw UserError on an
// init that is not known; the rest nothing but what is said.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <elbo/component.hpp>
#include <elbo/options.hpp>

namespace elbo {

// Layers for encoders and decoders. Their weights come from the host's generator, never from a global one.

namespace nn {

/// The names that activation() knows.
ELBO_EXPORT const std::vector<std::string>& activations();
/// Applies "tanh", "relu", "softplus", "elu", "silu", "leaky_relu" or "identity". Throws UserError on another name.
ELBO_EXPORT Tensor activation(const std::string& name, const Tensor& t);

/// The names of the distributions that weights begin with, all uniform about 0. "fan_in", the default: variance 1 / in (LeCun et al. 1998)
/// and biases within 1 / sqrt(in), so that units bend at different places of a space of few latents; output layers as "glorot".
/// "he": 2 / in (He et al. 2015), output layers as "lecun". "lecun": 1 / in. "glorot": 2 / (in + out) (Glorot & Bengio 2010). "pytorch": what
/// torch::nn layers begin with, 1 / 3 in with biases within 1 / sqrt(in). Other biases begin at 0.
ELBO_EXPORT const std::vector<std::string>& inits();
/// The bound of the uniform distribution for a unit that sees `in` values and is seen by `out`. Throws UserError on another name.
ELBO_EXPORT double init_limit(const std::string& init, double in, double out);
/// The first biases [out] of units that see `in` values.
ELBO_EXPORT Tensor first_bias(int64_t out, const std::string& init, double in, const Rng& rng);
/// The distribution for a layer that no activation follows.
ELBO_EXPORT std::string output_init(const std::string& init);

/// y = activation(x W^T + b); x [N, in] -> [N, out].
class ELBO_EXPORT Linear : public Module {
 public:
  Linear(int64_t in, int64_t out, Rng rng, const std::string& init = "glorot");
  ~Linear() override;
  Tensor forward(const Tensor& x, const std::string& activation = "identity") const;
  const Tensor& weight() const { return weight_; }  // [out, in], stored by columns
  const Tensor& bias() const { return bias_; }      // [out]

 private:
  Tensor weight_, bias_;
};

/// The options of fully connected networks.
struct ELBO_EXPORT MlpConfig {
  std::vector<int64_t> hidden = {500};
  std::string activation = "tanh";
  bool gated = false;
  std::string init = "fan_in";

  /// Adds the options hidden, activation, gated and init.
  static void describe(Options<MlpConfig>& o);
  /// Adds init alone, to a Config that has a member of that name.
  template <class Config>
  static void describe_init(Options<Config>& o) {
    o.add("init", &Config::init,
          "what weights begin with: fan_in, variance 1 / in with spread biases, 2 / (in + out) "
          "in the output; he, 2 / in; lecun, 1 / in; "
          "glorot, 2 / (in + out); pytorch, 1 / 3 in with spread biases")
        .one_of(inits());
  }
};

/// Linear layers, each followed by the activation; x [N, in] -> [N, hidden.back()], or x itself without layers. Gated, each
/// layer's output is multiplied by the sigmoid of another linear layer of its input (Dauphin et al. 2017).
class ELBO_EXPORT Mlp : public Module {
 public:
  Mlp(int64_t in, const std::vector<int64_t>& hidden, std::string activation, Rng rng, bool gated = false,
      const std::string& init = "glorot");
  Mlp(int64_t in, const MlpConfig& config, Rng rng);
  ~Mlp() override;
  Tensor forward(const Tensor& x) const;
  int64_t out() const { return out_; }

 private:
  std::vector<std::shared_ptr<Linear>> layers_, gates_;
  std::string activation_;
  int64_t out_;
};

}  // namespace nn

// ------------------------------------------------------------------------------------------ images

// Convolutional networks for encoders and decoders of images of any size.

namespace nn {

struct ImageShape {
  int64_t channels = 1, height = 0, width = 0;
};

/// Of data of shape [height, width] or [channels, height, width]. Throws UserError on any other.
ELBO_EXPORT ImageShape image_shape(const Shape& x);

/// The options of image networks.
struct ELBO_EXPORT ImageNetConfig {
  std::vector<int64_t> channels = {32, 64};
  std::vector<int64_t> hidden = {256};
  int64_t blocks = 0;
  std::string activation = "silu";
  bool gated = false;
  std::string upsampling = "transposed";
  std::string init = "fan_in";

  /// Adds all options but blocks and upsampling, which the other two add.
  static void describe(Options<ImageNetConfig>& o);
  static void describe_blocks(Options<ImageNetConfig>& o);
  static void describe_upsampling(Options<ImageNetConfig>& o);
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
  ImageUp(const ImageNetConfig& config, int64_t latents, const Shape& x, std::vector<DecoderOutput> params, Rng rng);
  ~ImageUp() override;
  Tensor forward(const Tensor& z) const;
  const Tensor& output_bias() const { return bias_; }  // [numel(params)]

 private:
  bool is_map(const DecoderOutput& param) const;
  Tensor outputs(const Tensor& features, const Tensor& maps) const;

  ImageShape shape_, innermost_;
  std::vector<DecoderOutput> params_;
  std::shared_ptr<Mlp> dense_;
  std::shared_ptr<Linear> spread_, whole_;  // to the innermost maps; to parameters that are no maps, or null
  std::vector<std::shared_ptr<ImageStage>> stages_;
  Tensor map_weight_, bias_;  // [channels of all maps, channels of the features, 1, 1]
};

}  // namespace nn

/// The option of decoders whose output bias can begin at the data's marginal.
struct ELBO_EXPORT MarginalBias {
  bool bias_at_marginal = true;

  /// Adds it.
  static void describe(Options<MarginalBias>& o);
};

}  // namespace elbo
