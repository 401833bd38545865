#include "plan/cost.hpp"

#include <algorithm>

#include "data/dataset.hpp"

namespace elbo {

int64_t training_data(const DataConfig& config) {
  if (config.train > 0) return config.train;
  return std::max<int64_t>(0, data::description_of(config).train - config.valid);
}

Cost cost_of(const Run& run, int64_t data) {
  const int64_t steps_per_epoch = (data + run.train.batch_size - 1) / run.train.batch_size;
  return {data * run.train.max_epochs, steps_per_epoch * run.train.max_epochs};
}

}  // namespace elbo
