// The model that an objective trains: the plugins of the four other kinds.
#pragma once
#include <memory>
#include <vector>

#include <elbo/decoder.hpp>
#include <elbo/encoder.hpp>
#include <elbo/likelihood.hpp>
#include <elbo/prior.hpp>

namespace elbo {

struct ELBO_EXPORT ModelParts {
  std::shared_ptr<Encoder> encoder;
  std::shared_ptr<Decoder> decoder;
  std::shared_ptr<Prior> prior;
  std::shared_ptr<Likelihood> likelihood;
  int64_t latent_dim = 0;

  /// Of the encoder: what q(z|x) depends on.
  std::vector<Tensor> inference_parameters() const;
  /// Of decoder, prior and likelihood: what p(x, z) depends on.
  std::vector<Tensor> generative_parameters() const;
};

/// z [S, B, L] -> the likelihood's parameters
ELBO_EXPORT Theta decode(const ModelParts& model, const Tensor& z);

/// While it lives, no parameter of the model asks for a gradient: those of z alone are wanted.
class ELBO_EXPORT HeldParameters {
 public:
  explicit HeldParameters(const ModelParts& model);
  ~HeldParameters();
  HeldParameters(const HeldParameters&) = delete;
  HeldParameters& operator=(const HeldParameters&) = delete;

 private:
  std::vector<Tensor> held_;
};

}  // namespace elbo
