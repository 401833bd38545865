// Whether what is maximised is a mean over data points, so that gradients of batches may be added up.
#pragma once
#include <string>

#include "train/step.hpp"

namespace elbo::host {

/// Why steps on `train.accumulate` batches are not those on one batch as large: the objective of a data point depends on the others in its
/// batch. Found by trying it on some training data; empty where it was not found so. The model is left as it was.
std::string why_not_one_batch(const Run& run, Model& model, const BatchSource& source);

}  // namespace elbo::host
