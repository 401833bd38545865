// The same training step written plainly with torch::nn and torch::optim: what a user of libtorch would write.
#pragma once
#include <memory>

#include "benchmarks/workload.hpp"

namespace elbo::host::bench {

class Eager {
 public:
  explicit Eager(const Workload& workload, const at::Device& device = at::kCPU);
  ~Eager();
  /// One step on the rows ids [B] of the images, which are on the device.
  void step(const Tensor& ids);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace elbo::host::bench
