// One step of training: a batch, its objective, the gradient, the update.
#pragma once
#include <string>
#include <vector>

#include "experiment/settings.hpp"
#include "model/forward.hpp"
#include "plan/run.hpp"
#include "train/objective_value.hpp"
#include "train/optimizer.hpp"

namespace elbo::host {

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
