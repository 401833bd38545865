// The update rules, from libtorch. A wrapper keeps torch's large headers out of everything else.
#pragma once
#include <memory>
#include <vector>

#include <elbo/component.hpp>

#include "experiment/settings.hpp"

namespace torch::optim {
class Optimizer;
}

namespace elbo::host {

class TwoPartUpdate;

class Optimizer {
 public:
  /// Throws UserError where a rate is given for a part of the model that has no parameters.
  Optimizer(const OptimizerConfig& config, const NamedTensors& parameters);
  ~Optimizer();
  /// Every learning rate, those of parts too, is the configured one times this.
  void scale_rates(double factor);
  void zero_grad();
  void step();
  /// Whether step() is advance(), which counts the step, and an update whose operations are the same each time.
  bool is_in_two_parts() const;
  void advance();
  /// While it lives, step() is the update alone: who replays it counts.
  class CountedElsewhere {
   public:
    explicit CountedElsewhere(Optimizer& optimizer) : optimizer_(optimizer) { optimizer_.counted_elsewhere_ = true; }
    ~CountedElsewhere() { optimizer_.counted_elsewhere_ = false; }
    CountedElsewhere(const CountedElsewhere&) = delete;
    CountedElsewhere& operator=(const CountedElsewhere&) = delete;

   private:
    Optimizer& optimizer_;
  };
  /// Scales all gradients so that their joint norm is at most max_norm. Waits for nothing on a device.
  void clip(double max_norm);
  /// What the rule keeps of each parameter, by its place among them: "3.exp_avg". Counts are tensors of one integer.
  NamedTensors state() const;
  /// Sets it to what state() gave, on whatever device. Throws Error for what the rule does not keep.
  void set_state(const NamedTensors& state);

 private:
  std::string rule_;
  std::vector<Tensor> parameters_;
  std::vector<double> rates_;  // as configured, of each of torch's groups
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  TwoPartUpdate* two_parts_;  // the same one, where it can be taken apart
  bool counted_elsewhere_ = false;
};

/// The learning rate as a factor of lr, in this epoch (from 0) of max_epochs.
double rate_factor(const ScheduleConfig& config, int64_t epoch, int64_t max_epochs);

}  // namespace elbo::host
