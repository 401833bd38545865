// Encoders and decoders made of the image networks: a plugin chooses which options they have.
#pragma once
#include <elbo/decoder.hpp>
#include <elbo/encoder.hpp>
#include <elbo/images.hpp>
#include <elbo/posterior_head.hpp>

namespace elbo::nn {

class ELBO_EXPORT ImageEncoder : public Encoder {
 public:
  struct Config : ImageNetConfig, PosteriorConfig {};

  template <class C>
  static void describe(Options<C>& o) {
    ImageNetConfig::describe(o);
    PosteriorHead::describe(o);
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
  struct Config : ImageNetConfig, MarginalBias {};

  template <class C>
  static void describe(Options<C>& o) {
    ImageNetConfig::describe(o);
    ImageNetConfig::describe_upsampling(o);
    MarginalBias::describe(o);
  }

  ImageDecoder(const Config& config, const Context& context);
  ~ImageDecoder() override;

 private:
  Tensor do_decode(const Tensor& z) override;
  void do_set_output_bias(const Tensor& raw) override;

  std::shared_ptr<ImageUp> net_;
  bool bias_at_marginal_;
};

}  // namespace elbo::nn
