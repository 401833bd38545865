// A step of training whose operations are recorded once and then replayed with data and noise of its own. On a device a step
// is some hundred small operations; replayed they cost one launch.
#pragma once
#include "sdk/src/random/noise_tape.hpp"

#include <functional>
#include <optional>

#include "train/step.hpp"
#include "train/step_metrics.hpp"

namespace elbo::host {

/// Records what a function queues on the device, without it being done; calling the result has it done. Throws where something
/// in it cannot be recorded.
using Capture = std::function<std::function<void()>(const std::function<void()>& queue)>;

class CudaGraphStep {
 public:
  /// Without `capture` every step is done as it is.
  CudaGraphStep(const Run& run, const Model& model, const BatchSource& source, Optimizer& optimizer, Capture capture);

  /// train_step() and what it measured. The first steps, those of another size, and all of a model or objective that cannot be
  /// recorded are done one operation after the other.
  StepMetrics step(const Tensor& ids, const Rng& rng, double epoch);

  /// Why steps are not replayed, in a sentence that is given once; mostly empty.
  std::string take_remark() { return std::exchange(remark_, {}); }
  int64_t replayed() const { return replayed_; }

 private:
  StepMetrics plain(const Tensor& ids, const Rng& rng, double epoch);
  StepMetrics recorded(const Tensor& ids, const Rng& rng, double epoch);
  bool capture(const Rng& rng, double epoch);
  StepMetrics replay(const Tensor& ids, const Rng& rng);
  void begin_again(std::vector<double> weights);
  void give_up(const std::string& why);

  const Run& run_;
  const Model& model_;
  const BatchSource& source_;
  Optimizer& optimizer_;
  Capture capture_;
  std::vector<double> weights_;  // of the objective's terms, and what else it schedules: constants in what was recorded
  int64_t seen_ = 0;             // steps that might have been replayed, since the weights changed
  int64_t replayed_ = 0;
  Tensor ids_;  // of the present step, always in the same place
  std::unique_ptr<NoiseTape> tape_;
  std::function<void()> replay_;
  std::optional<StepMetrics> step_metrics_;  // of what was recorded: its numbers are replaced by each replay
  std::string remark_;
};

}  // namespace elbo::host
