// One step of training: a batch, its objective, the gradient, the update.
#pragma once
#include "plan/run.hpp"
#include "train/objective.hpp"
#include "train/optimizer.hpp"

namespace elbo::host {

/// The loss of a step is not finite; the sentence names the first term, and the plugin, at which that began.
struct NotFinite : Error {
  using Error::Error;
};

/// The training data of these ids [B] in this epoch (from 0; fractions are steps); all noise comes from rng. Returns the
/// objective before the update. Throws NotFinite, on the processor; elsewhere nothing waits for the numbers.
ObjectiveValue train_step(const Run& run, const Model& model, const BatchSource& source, Optimizer& optimizer,
                          const Tensor& ids, const Rng& rng, double epoch);

}  // namespace elbo::host
