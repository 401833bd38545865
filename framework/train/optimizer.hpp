// The update rules, from libtorch. A wrapper keeps torch's large headers out of everything else.
#pragma once
#include <elbo/module.hpp>

#include <memory>
#include <vector>

#include "experiment/settings.hpp"

namespace torch::optim {
class Optimizer;
}

namespace elbo {

class Optimizer {
 public:
  Optimizer(const OptimizerConfig& config, const NamedTensors& parameters);
  ~Optimizer();
  void set_rate(double lr);
  void zero_grad();
  void step();
  /// Scales all gradients so that their joint norm is at most max_norm; returns the norm before.
  double clip(double max_norm);
  torch::optim::Optimizer& get() { return *optimizer_; }

 private:
  std::vector<Tensor> parameters_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

}  // namespace elbo
