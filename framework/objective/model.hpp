// The four plugins of one variant, and how they meet the data.
#pragma once
#include <elbo/decoder.hpp>
#include <elbo/encoder.hpp>
#include <elbo/likelihood.hpp>
#include <elbo/prior.hpp>

#include "batches/batches.hpp"
#include "objective/chains.hpp"

namespace elbo {

struct Model {
  std::shared_ptr<Encoder> encoder;
  std::shared_ptr<Decoder> decoder;
  std::shared_ptr<Prior> prior;
  std::shared_ptr<Likelihood> likelihood;
  std::shared_ptr<Chains> chains;  // Monte Carlo EM; else none
  int64_t latent_dim = 0;

  /// All trained tensors as "encoder.body.0.weight", in a fixed order; likewise the buffers.
  NamedTensors named_parameters() const;
  NamedTensors named_buffers() const;
  void set_training(bool on);
  void to_like(const Tensor& t);
};

/// z [S, B, L] -> the likelihood's parameters
Theta decode(const Model& model, const Tensor& z);

/// log p(x|z) [S, B] in nats, on the measure that the view gives: log_prob, or the exact mass of each level's interval.
/// Throws Error naming the plugin when the likelihood has no interval masses and the view needs them.
Tensor score(const Model& model, const Batch& batch, data::Scoring scoring, const Theta& theta);

/// log p(x, z) [S, B] at z [S, B, L], on the same measure.
Tensor log_joint_at(const Model& model, const Batch& batch, data::Scoring scoring, const Tensor& z);

/// Whether the likelihood gives interval masses: asked of it once, on one datum.
bool has_interval_log_prob(const Likelihood& likelihood);

/// Starts the decoder's bias and the likelihood's own parameters at the training data's marginal.
void initialise(Model& model, const Statistics& statistics);

}  // namespace elbo
