// One step of training: a batch, its objective, the gradient, the update.
#pragma once
#include <string>
#include <vector>

#include "experiment/settings.hpp"
#include "model/forward.hpp"
#include "model/weighted_sum.hpp"
#include "plan/run.hpp"
#include "train/optimizer.hpp"

namespace elbo::host {

// What is maximised in a training step: named terms with weights, and which parameters climb which value.

/// One term of the objective, in nats per data point.
struct WeightedTerm {
  std::string name;
  double weight;
  Summand mean;  // over the batch

  double value() const { return mean.factor * sum_of(mean.t); }
};

/// What the objective comes to on a batch.
struct ObjectiveValue {
  Means means;  // on the processor
  Terms terms;  // on another device, where reading a mean would wait for all that is queued
  std::vector<WeightedTerm> weighted;
  Tensor value;                 // scalar, sum of weight x value: what the log calls the objective
  std::vector<Ascent> ascents;  // at least one; without parameters: all
};

/// The terms of the model's objective in this epoch, and the one of the parameters' prior where train.parameter_prior asks for it.
std::vector<ObjectiveTerm> terms_at(const Model& model, const TrainConfig& config, double epoch);

/// A step on a batch of the training data, as the objective is told of it. It refers to all three.
TrainingStep step_on(const Model& model, const BatchSource& source, const Batch& batch, double epoch, const Rng& rng);

ObjectiveValue objective_of(const Model& model, const Pass& pass, const TrainingStep& step, const TrainConfig& config);

/// The loss of a step is not finite; the sentence names the first term, and the plugin, at which that began.
struct NotFinite : Error {
  using Error::Error;
};

/// The training data of these ids [B] in this epoch (from 0; fractions are steps); all noise comes from rng. Returns the
/// objective before the update. Throws NotFinite, on the processor; elsewhere nothing waits for the numbers.
ObjectiveValue train_step(const Run& run, const Model& model, const BatchSource& source, Optimizer& optimizer,
                          const Tensor& ids, const Rng& rng, double epoch);

}  // namespace elbo::host
