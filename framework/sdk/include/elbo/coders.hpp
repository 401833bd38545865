// What encoders end with, and whole encoders and decoders of images. Functions of tensors throw c10::Error, libtorch's exception, where
// shapes do not fit together; constructors throw UserError on an activation or init that is not known.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <elbo/flows.hpp>
#include <elbo/networks.hpp>

namespace elbo {

// -------------------------------------------------------------------------------------- posteriors

// What turns an encoder's features into q(z|x): one choice of posterior families and flows for every encoder.

/// The options of encoders with a choice of posteriors.
struct ELBO_EXPORT PosteriorConfig {
  std::string posterior = "diagonal_normal";
  double min_log_scale = -7.0;
  double max_log_scale = 3.0;
  double initial_log_scale = -1.0;
  std::string flow = "none";
  int64_t flow_steps = 4;
  std::vector<int64_t> flow_hidden = {64};

  /// Whether the scale is a linear function of the features, or the same for all data and without bounds.
  enum class Scale { of_features, constant };
  /// Adds all of them.
  static void describe(Options<PosteriorConfig>& o) { describe(o, Scale::of_features); }
  /// Without the bounds and the beginning that a constant scale does not have.
  static void describe(Options<PosteriorConfig>& o, Scale scale);
  /// Lets initial_log_scale begin wider where the encoder's option "activation", declared before, is smooth: to call in describe() after the
  /// options are added. An encoder that does not call it begins at -1.
  template <class Config>
  static void begin_by_activation(Options<Config>& o) {
    o.at("initial_log_scale")
        .default_with("activation", {std::string("tanh")}, -0.5)
        .default_with("activation", {std::string("silu")}, -0.25);
  }
};

class ELBO_EXPORT PosteriorHead : public Module {
 public:
  using Scale = PosteriorConfig::Scale;

  /// Throws UserError where the flow or the number of latents does not go with the posterior.
  /// `init`: what the weights begin with (networks.hpp), those of all but the scale, which begins where the options say.
  PosteriorHead(const PosteriorConfig& config, int64_t features, int64_t latents, Rng rng,
                const std::string& init = "lecun", Scale scale = Scale::of_features);
  ~PosteriorHead() override;

  /// features [B, F] -> q(z|x) of B data
  std::unique_ptr<Posterior> posterior(const Tensor& features) const;

 private:
  std::unique_ptr<Posterior> base(const Tensor& features) const;
  std::pair<Tensor, Tensor> mean_and_log_scale(const Tensor& features) const;
  int64_t scales() const;
  Tensor below(const Tensor& features) const;

  PosteriorConfig config_;
  int64_t latents_;
  std::shared_ptr<nn::Linear> mean_, log_scale_, below_;  // the last two null where they are constant
  Tensor constant_log_scale_, constant_below_;
  std::vector<std::shared_ptr<Flow>> flows_;
};

// p(a | b) with a normal: what stochastic layers above each other are made of.

class ELBO_EXPORT ConditionalNormal : public Module {
 public:
  /// Fully connected layers from `in` values to the mean and to the log-scale, softly bounded to [-7, 3], of `out` values. The
  /// scale begins at exp(initial_log_scale) whatever is given.
  ConditionalNormal(int64_t in, const nn::MlpConfig& body, int64_t out, double initial_log_scale, Rng rng);
  ~ConditionalNormal() override;

  /// given [..., in] -> mean and log-scale [..., out]
  DiagonalNormalParams of(const Tensor& given) const;

 private:
  std::shared_ptr<nn::Mlp> body_;
  std::shared_ptr<nn::Linear> mean_, log_scale_;
};

/// log N(z; p) summed over the last dimension; z [..., n] -> [...]
ELBO_EXPORT Tensor normal_log_prob(const DiagonalNormalParams& p, const Tensor& z);

/// While it lives, the parameters of the modules are constants to whatever is computed; nothing unless `on`.
class ELBO_EXPORT HeldFixed {
 public:
  HeldFixed(const std::vector<const Module*>& modules, bool on);
  ~HeldFixed();
  HeldFixed(const HeldFixed&) = delete;
  HeldFixed& operator=(const HeldFixed&) = delete;

 private:
  std::vector<Tensor> held_;
};

// ------------------------------------------------------------------------------------------ images

// Encoders and decoders made of the image networks: a plugin chooses which options they have.

namespace nn {

class ELBO_EXPORT ImageEncoder : public Encoder {
 public:
  struct Config {
    ImageNetConfig net;
    PosteriorConfig posterior;
  };

  template <class C>
  static void describe(Options<C>& o) {
    o.include(&C::net);
    o.include(&C::posterior);
  }

  ImageEncoder(const Config& config, const Context& context);
  ~ImageEncoder() override;

 private:
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override;

  std::shared_ptr<ImageDown> body_;
  std::shared_ptr<PosteriorHead> head_;
};

class ELBO_EXPORT ImageDecoder : public Decoder {
 public:
  struct Config {
    ImageNetConfig net;
    MarginalBias bias;
  };

  template <class C>
  static void describe(Options<C>& o) {
    o.include(&C::net);
    o.include(&C::net, ImageNetConfig::describe_upsampling);
    o.include(&C::bias);
  }

  ImageDecoder(const Config& config, const Context& context);
  ~ImageDecoder() override;

 private:
  Tensor do_decode(const Tensor& z) override;
  void do_set_output_bias(const Tensor& raw) override;

  std::shared_ptr<ImageUp> net_;
  bool bias_at_marginal_;
};

}  // namespace nn

}  // namespace elbo
