#include "plan/cost.hpp"

#include "data/split.hpp"

namespace elbo {

int64_t training_data(const DataConfig& config) {
  return data::split_sizes(data::description_of(config), config).train;
}

Cost cost_of(const Run& run, int64_t data) {
  const int64_t steps_per_epoch = (data + run.train.batch_size - 1) / run.train.batch_size;
  return {data * run.train.max_epochs, steps_per_epoch * run.train.max_epochs};
}

}  // namespace elbo
