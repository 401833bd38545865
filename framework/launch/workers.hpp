// Runs that are done in worker processes, a few at once: what came of each, and who is told. What a worker does to itself (crash, fail, hang)
// ends its own run only.
#pragma once
#include <signal.h>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "launch/protocol.hpp"
#include "launch/run_folder.hpp"

namespace elbo::host::launch {

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

struct WorkerResult {
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
  virtual void finished(size_t job, const WorkerResult& result) = 0;
  /// A stop was asked for; `workers` still finish their step.
  virtual void stopping(size_t workers) = 0;
  /// About ten times a second.
  virtual void tick() = 0;
};

class Worker {
 public:
  /// Starts `program run <folder>` and holds the folder's lock. Throws Error when it cannot be started or another
  /// program is at this run.
  Worker(size_t index, const Job& job, const std::filesystem::path& program);

  /// The run's place in the list of jobs.
  size_t index() const { return index_; }
  Process& process() { return process_; }
  void read(Process::Stream stream, Watcher& watcher);
  /// Kills it once its time is up.
  void keep_to_time_limit();
  /// The outcome of a worker that has ended. Of success its folder is told.
  WorkerResult end(int wait_status, bool stop_was_asked, Watcher& watcher);

 private:
  void take(Process::Stream stream, const std::string& line, Watcher& watcher);
  WorkerResult judge(int wait_status, bool stop_was_asked) const;
  std::string blamed(const std::string& what) const;
  double seconds() const;

  size_t index_;
  RunFolder folder_;
  FolderLock lock_;
  int64_t time_limit_;
  CallPage page_;
  Process process_;
  std::ofstream text_;
  std::deque<std::string> last_;  // lines of free text
  std::string said_;
  bool overdue_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Runs `program run <folder>` for each job, `at_once` at a time, and returns a result for each. Free text of
/// the workers goes to log.txt, their ends to done.json or failed.json. A worker that met a full disk, say, or was killed
/// from outside, is started again, `most_retries` times. The first signal to stop (SIGINT,
/// SIGTERM, SIGHUP, SIGUSR1) is passed on to the workers, which finish their step and write a checkpoint, and starts no
/// more; a second Ctrl-C kills them.
std::vector<WorkerResult> run_workers(const std::filesystem::path& program, const std::vector<Job>& jobs,
                                      size_t at_once, Watcher& watcher);

/// While it lives, SIGINT, SIGTERM, SIGHUP and SIGUSR1 are noted; afterwards they do what they did before. One at a
/// time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Whether one of them came.
  bool asked() const { return first() != 0; }
  /// Whether Ctrl-C was typed twice. Other signals do not insist: a scheduler sends several of them.
  bool insisted() const;
  /// The first that came; 0 when none did. Stays known when this is gone, until there is another.
  static int first();

 private:
  std::array<struct sigaction, 4> previous_;
};

}  // namespace elbo::host::launch
