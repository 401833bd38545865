// What else the machine does while a run trains: without it, training times look like properties of models.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

namespace elbo::worker {

/// Begins with its construction; look at it from time to time, and once at the end.
class MachineLoad {
 public:
  MachineLoad();

  /// Counts the other worker processes of this machine, at most once a second.
  void look();
  /// The most that were seen.
  int64_t runs_beside() const { return runs_beside_; }
  /// Share of the time since the beginning in which this thread was ready to go on but waited for a processor; nothing where the
  /// system does not say it.
  std::optional<double> waited() const;
  /// The system's average number of running and waiting processes over the last minute.
  static double average();

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point begun_ = Clock::now(), looked_{};
  std::optional<double> waited_before_;
  int64_t runs_beside_ = 0;
};

}  // namespace elbo::worker
