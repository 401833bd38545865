// The engine of this computer: worker processes of this program.
#pragma once
#include "launch/engine.hpp"
#include "launch/progress.hpp"

namespace elbo::launch {

/// Runs of so many threads that fit on the cores of this computer.
size_t runs_at_once(int64_t threads);

class Local : public Engine {
 public:
  /// `worker`: the program of a run.
  Local(std::filesystem::path worker, Progress::Style style) : worker_(std::move(worker)), style_(style) {}

  /// Returns when all runs have ended, or a signal to stop has come (see run_workers). Runs that are done or have failed
  /// are passed over.
  Submission submit(const Batch& batch, const Resources& resources) override;
  /// Runs whose folders a living process holds.
  Jobs query(const std::filesystem::path& experiment) override;
  /// Asks the program at work in the folder to stop. Throws UserError when there is none on this computer.
  void cancel(const std::filesystem::path& experiment) override;

 private:
  std::filesystem::path worker_;
  Progress::Style style_;
};

}  // namespace elbo::launch
