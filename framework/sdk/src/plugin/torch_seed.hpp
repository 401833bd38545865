// torch's own generator, which decides the initial weights of torch::nn layers and their dropout, follows the host's.
#pragma once
#include <elbo/random.hpp>

namespace elbo {

/// While it lives, torch's global generator of the CPU is seeded from `rng`, which does not advance; then it is as it was before.
class ELBO_EXPORT TorchSeed {
 public:
  explicit TorchSeed(const Rng& rng);
  ~TorchSeed();
  TorchSeed(const TorchSeed&) = delete;
  TorchSeed& operator=(const TorchSeed&) = delete;

 private:
  Tensor before_;
};

}  // namespace elbo
