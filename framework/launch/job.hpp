// A run that is to be done in a worker process, what came of it, and who is told.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "launch/protocol.hpp"
#include "launch/run_folder.hpp"

namespace elbo::launch {

/// A run whose folder is prepared.
struct Job {
  RunFolder folder;
  int64_t threads = 1;
  int64_t time_limit_seconds = 0;  // 0: none
};

/// transient: failed for a cause that may pass; never the last word on a run.
enum class Outcome { done, failed, stopped, not_started, transient };

/// How often a run is tried again after a cause that may pass, and how long that is given to pass each time.
inline constexpr int most_retries = 3;
inline constexpr auto pause_before_retry = std::chrono::seconds(1);

struct Result {
  Outcome outcome = Outcome::not_started;
  std::string sentence;  // why it failed or stopped
  double seconds = 0;    // wall time of this worker
};

/// Told what happens, in the thread of run_workers. Runs are named by their place in the list.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void started(size_t job) = 0;
  virtual void event(size_t job, const Event& event) = 0;
  virtual void finished(size_t job, const Result& result) = 0;
  /// A stop was asked for; `workers` still finish their step.
  virtual void stopping(size_t workers) = 0;
  /// About ten times a second.
  virtual void tick() = 0;
};

}  // namespace elbo::launch
