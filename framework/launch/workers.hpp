// Runs of a plan in worker processes, a few at once. What a worker does to itself (crash, fail, hang) ends
// its own run only.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

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

/// Runs `program run <folder>` for each job, `at_once` at a time, and returns a result for each. Free text of
/// the workers goes to log.txt, their ends to done.json or failed.json. A worker that met a full disk, say, or was killed
/// from outside, is started again, `most_retries` times. The first signal to stop (SIGINT,
/// SIGTERM, SIGHUP, SIGUSR1) is passed on to the workers, which finish their step and write a checkpoint, and starts no
/// more; a second Ctrl-C kills them.
std::vector<Result> run_workers(const std::filesystem::path& program, const std::vector<Job>& jobs, size_t at_once,
                                Watcher& watcher);

}  // namespace elbo::launch
