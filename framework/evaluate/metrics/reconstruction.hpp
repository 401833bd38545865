#pragma once
#include "evaluate/evaluate.hpp"

namespace elbo::host {

/// The values of the likelihood's space that are shown black and white.
observation::ValueRange value_range(const BatchSource& source);

/// Errors of the likelihood's mean, one a data point, each a mean over the data point's values in units of the range low .. high.
struct ReconstructionError {
  std::vector<double> squared, absolute;  // at z = E[z|x]
  std::vector<double> squared_of_draw;    // at one z ~ q(z|x)
};

/// Of the first `count` test data, as the likelihood sees them.
ReconstructionError reconstruction_error(Model& model, const BatchSource& source, int64_t count, int64_t batch_size,
                                         double low, double high, const Rng& rng);

}  // namespace elbo::host
