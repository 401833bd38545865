// The training loop of one run.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>

#include "evaluate/evaluate.hpp"
#include "objective/objective.hpp"
#include "plan/run.hpp"
#include "train/checkpoint.hpp"

namespace elbo {

/// What the loop tells of itself; the worker logs it.
struct TrainObserver {
  std::function<void(const Progress&, double images_per_second)> tick;               // after each step
  std::function<void(int64_t step, const std::map<std::string, double>&)> step;      // each log.steps_every steps
  /// After each epoch (from 1): means over the epoch's data, and the rate and beta that applied.
  std::function<void(int64_t epoch, const std::map<std::string, double>&, const std::vector<double>& kl_per_dim)> epoch;
  /// After each test pass.
  std::function<void(int64_t epoch, const PassResult&)> tested;
  /// Everything up to here is about to be relied on by a checkpoint.
  std::function<void()> before_checkpoint;
};

enum class Outcome { finished, stopped };

class Trainer {
 public:
  Trainer(const Run& run, Model& model, const Feed& feed, std::filesystem::path folder);

  /// Goes on from the newest checkpoint in the folder, if any.
  const Progress& resume();
  /// Trains to the end, or until `stop` is set: then checkpoints after the present step. Throws Error
  /// "epoch 3, step 120: log p(x|z) is nan (likelihood:gaussian); ..." when the loss is not finite.
  Outcome train(const TrainObserver& observer, const std::atomic<bool>& stop);
  const Progress& progress() const { return progress_; }

 private:
  Outcome epoch(const TrainObserver& observer, const std::atomic<bool>& stop);
  void step(const Tensor& ids);
  void add(const Objective& objective, int64_t count);
  void end_epoch(const TrainObserver& observer);
  void consider_stopping(double elbo);
  void checkpoint(const TrainObserver& observer);
  int64_t steps_per_epoch() const;
  double epochs_done() const;
  double rate() const;

  const Run& run_;
  Model& model_;
  const Feed& feed_;
  std::filesystem::path folder_;
  Rng rng_;
  Optimizer optimizer_;
  Progress progress_;
  std::map<std::string, double> last_step_;
  double seconds_at_checkpoint_ = 0;
};

}  // namespace elbo
