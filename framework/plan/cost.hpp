#pragma once
#include <cstdint>

#include "plan/run.hpp"

namespace elbo {

/// What a run has to do at most: early stopping may end it sooner.
struct Cost {
  int64_t images = 0;  // training data shown
  int64_t steps = 0;   // updates of the weights
};

/// Training data that a [dataset] section leaves for training. Throws UserError when there are none or too few.
int64_t training_data(const DataConfig& config);

/// Of `data` training data, the last batch of an epoch being as small as it comes.
Cost cost_of(const Run& run, int64_t data);

}  // namespace elbo
