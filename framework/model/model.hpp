// The five plugins of one variant, and how they meet the data.
#pragma once
#include <elbo/objective.hpp>

#include "batches/batch_source.hpp"

namespace elbo::host {

struct Model : ModelParts {
  std::shared_ptr<Objective> objective;  // none for a model that is only asked

  /// All trained tensors as "encoder.body.0.weight", in a fixed order; likewise the buffers. Those of the objective come last.
  NamedTensors named_parameters() const;
  NamedTensors named_buffers() const;
  void set_training(bool on);
  void to_like(const Tensor& t);
};

/// Whether latents are sampled, so that there is an ELBO; else the posterior is a point.
bool has_posterior(const Model& model);

/// log p(x|z) [S, B] in nats, on the measure that the view gives: log_prob, the exact mass of each level's interval, or
/// log_prob_per_value summed over the values that are observed.
/// Throws Error naming the plugin when the likelihood has no interval masses and the view needs them.
Tensor score(const Model& model, const Batch& batch, observation::Scoring scoring, const Theta& theta);

/// log p(x_d|z) of each value [S, B, X...], 0 where x [B, X...] is NaN. Throws Error naming the likelihood when it has no
/// log_prob_per_value.
Tensor score_each(const Likelihood& likelihood, const Tensor& x, const Theta& theta);

/// log p(x, z) [S, B] at z [S, B, L], on the same measure.
Tensor log_joint_at(const Model& model, const Batch& batch, observation::Scoring scoring, const Tensor& z);

/// Whether the likelihood gives interval masses: asked of it once, on one data point.
bool has_interval_log_prob(const Likelihood& likelihood);

/// Whether the likelihood gives log_prob_per_value, so that it can leave missing values out: asked likewise.
bool has_log_prob_per_value(const Likelihood& likelihood);

/// Starts the decoder's bias and the likelihood's own parameters at the training data's marginal.
void initialise(Model& model, const Statistics& statistics);

}  // namespace elbo::host
