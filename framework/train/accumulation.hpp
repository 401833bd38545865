// One step of the optimiser on several batches (train.accumulate): their gradients are added up, so that the memory of one batch does for a step
// of any size. Noise belongs to data points and to places in the step, so it is that of one batch as large.
#pragma once
#include <vector>

#include "train/objective_value.hpp"

namespace elbo::host {

/// A batch of a step.
struct PartOfStep {
  Batch batch;
  Tensor places;     // [B] of its data points in the step; undefined for the first part
  double share = 1;  // of the step's data points

  /// The generator for noise that belongs to places, as it is for this part.
  Rng placed(const Rng& rng) const { return places.defined() ? rng.for_data(places) : rng; }
};

/// The training data of these ids [B] in parts of at most `batch_size`.
std::vector<PartOfStep> parts_of_step(const BatchSource& source, const Tensor& ids, int64_t batch_size, const Rng& rng);

/// The same numbers, without what a backward pass needs.
ObjectiveValue without_graph(ObjectiveValue value);
/// What the objective comes to on the whole step, by what it comes to on its parts: their mean, weighted by their shares. It has no ascents unless
/// there is one part.
ObjectiveValue joined(std::vector<ObjectiveValue> values, const std::vector<PartOfStep>& parts);

}  // namespace elbo::host
