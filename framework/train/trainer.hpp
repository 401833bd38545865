// The training loop of one run.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>

#include "model/forward.hpp"
#include "plan/run.hpp"
#include "train/checkpoint.hpp"
#include "train/cuda_graph_step.hpp"
#include "train/step.hpp"

namespace elbo::host {

/// What the loop tells of itself; the worker logs it.
struct TrainObserver {
  std::function<void(const Progress&, double images_per_second)> tick;           // after each step
  std::function<void(int64_t step, const std::map<std::string, double>&)> step;  // each log.steps_every steps
  /// After each epoch (from 1): means over the epoch's data, and the rate and the scheduled numbers that applied.
  std::function<void(int64_t epoch, const std::map<std::string, double>&, const std::vector<double>& kl_per_dim)> epoch;
  /// After each test pass; after the last one the model has the weights that it ends with.
  std::function<void(int64_t epoch, const PassResult&)> tested;
  /// Everything up to here is about to be relied on by a checkpoint.
  std::function<void()> before_checkpoint;
  std::function<void(const std::string&)> remark{};  // one sentence, of what the user may want to know; may be left out
};

enum class Outcome { finished, stopped };

int64_t steps_per_epoch(const Run& run, const BatchSource& source);

class Trainer {
 public:
  /// With `capture` steps are recorded and replayed, where that can be done.
  Trainer(const Run& run, Model& model, const BatchSource& source, std::filesystem::path folder, Capture capture = {});

  /// Goes on from the newest checkpoint in the folder, if any.
  const Progress& resume();
  /// Trains to the end, or until `stop` is set: then checkpoints after the present step. At the end the model has the weights
  /// of the best pass over the validation data where train.keep or train.early_stopping asks for them, else the average of train.average_decay, else
  /// the last ones. Throws Error
  /// "epoch 3, step 120: log p(x|z) is nan (likelihood:gaussian); ..." when the loss is not finite.
  Outcome train(const TrainObserver& observer, const std::atomic<bool>& stop);
  const Progress& progress() const { return progress_; }

 private:
  Outcome epoch(const TrainObserver& observer, const std::atomic<bool>& stop);
  void step(const Tensor& ids);
  /// Reads what the last steps measured; `epochs_before` is where the last of them began.
  void read(double epochs_before);
  void add(const StepMetrics& step_metrics);
  [[noreturn]] void fail(int64_t step, const std::string& what) const;
  void end_epoch(const TrainObserver& observer);
  void test(const TrainObserver& observer);
  /// What follows from the elbo of a pass over the validation data.
  void consider(double elbo);
  /// What the model ends with, as far as training goes, in the place of the last weights; empty where that is they.
  NamedTensors final_weights() const;
  void checkpoint(const TrainObserver& observer);
  int64_t steps_per_epoch() const;
  double epochs_done() const;
  double rate_factor() const;
  double rate() const;

  const Run& run_;
  Model& model_;
  const BatchSource& source_;
  std::filesystem::path folder_;
  Rng rng_;
  Optimizer optimizer_;
  CudaGraphStep step_;
  Progress progress_;
  bool at_once_;  // each step is read when it is done: on the processor
  std::vector<StepMetrics> unread_;
  std::map<std::string, double> last_step_;
  double seconds_at_checkpoint_ = 0;
};

}  // namespace elbo::host
