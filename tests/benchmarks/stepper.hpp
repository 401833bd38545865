// A workload that is trained step by step.
#pragma once
#include "benchmarks/workload.hpp"
#include "train/step.hpp"

namespace elbo::host::bench {

struct Stepper {
  Workload workload;
  Assembled ours;
  Optimizer optimizer;
  int64_t steps = 0;

  explicit Stepper(const Workload& w, const at::Device& device = at::kCPU)
      : workload(w), ours(assemble_on(w, device)), optimizer(ours.run.optimizer, ours.model.named_parameters()) {}

  /// The rows of the next batch, in an order as random as an epoch's.
  Tensor ids() {
    const int64_t per_epoch = ours.source->size(Part::train) / workload.batch, at = steps++ % per_epoch;
    if (at == 0)
      order_ = Rng(static_cast<uint64_t>(steps))
                   .permutation(ours.source->size(Part::train))
                   .to(ours.source->like().device());
    return order_.narrow(0, at * workload.batch, workload.batch);
  }
  Rng rng() const { return ours.source->rng(1).fork("step", static_cast<uint64_t>(steps)); }
  void step() {
    const Tensor rows = ids();
    train_step(ours.run, ours.model, *ours.source, optimizer, rows, rng(), 0);
  }

 private:
  static Assembled assemble_on(const Workload& w, const at::Device& device) {
    Assembled a = assemble(w);
    if (device.is_cpu()) return a;
    a.source->move_to(device);
    a.model.to_like(a.source->like());
    return a;
  }

  Tensor order_;
};

}  // namespace elbo::host::bench
