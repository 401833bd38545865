// A workload that is trained step by step.
#pragma once
#include "benchmarks/workload.hpp"
#include "train/step.hpp"

namespace elbo::bench {

struct Stepper {
  Workload workload;
  Assembled ours;
  Optimizer optimizer;
  int64_t steps = 0;

  explicit Stepper(const Workload& w)
      : workload(w), ours(assemble(w)), optimizer(ours.run.optimizer, ours.model.named_parameters()) {}

  /// The rows of the next batch, in an order as random as an epoch's.
  Tensor ids() {
    const int64_t per_epoch = ours.feed->size(Part::train) / workload.batch, at = steps++ % per_epoch;
    if (at == 0) order_ = Rng(static_cast<uint64_t>(steps)).permutation(ours.feed->size(Part::train));
    return order_.narrow(0, at * workload.batch, workload.batch);
  }
  Rng rng() const { return Rng(1).fork("step", static_cast<uint64_t>(steps)); }
  void step() {
    const Tensor rows = ids();
    train_step(ours.run, ours.model, *ours.feed, optimizer, rows, rng(), 0);
  }

 private:
  Tensor order_;
};

}  // namespace elbo::bench
