#include "launch/workers.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <deque>
#include <list>

#include <elbo/error.hpp>

namespace elbo::host::launch {
namespace fs = std::filesystem;
namespace {

constexpr int tick_milliseconds = 100;
using Clock = std::chrono::steady_clock;

/// Waits for output of any worker, at most one tick, and reads it.
void read_output(std::list<Worker>& workers, Watcher& watcher) {
  std::vector<pollfd> waited;
  std::vector<std::pair<Worker*, Process::Stream>> owners;
  for (Worker& worker : workers)
    for (const auto stream : {Process::output, Process::errors})
      if (const int descriptor = worker.process().descriptor(stream); descriptor >= 0) {
        waited.push_back({descriptor, POLLIN, 0});
        owners.emplace_back(&worker, stream);
      }
  if (poll(waited.data(), waited.size(), tick_milliseconds) <= 0) return;
  for (size_t i = 0; i < waited.size(); ++i)
    if (waited[i].revents != 0) owners[i].first->read(owners[i].second, watcher);
}

/// A run that waits for a worker, the first time or again.
struct Waiting {
  size_t index;
  Clock::time_point not_before{};
};

/// The runs of one call and what has become of them.
class Runs {
 public:
  Runs(const fs::path& program, const std::vector<Job>& jobs, Watcher& watcher)
      : program_(program), jobs_(jobs), watcher_(watcher), results_(jobs.size()), tries_(jobs.size()) {
    for (size_t i = 0; i < jobs.size(); ++i) waiting_.push_back({i});
  }

  std::list<Worker>& workers() { return workers_; }
  const std::vector<WorkerResult>& results() const { return results_; }
  bool any_waiting() const { return !waiting_.empty(); }

  /// The next that may begin now. False when there is none.
  bool start_next() {
    const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                   [now = Clock::now()](const Waiting& run) { return run.not_before <= now; });
    if (next == waiting_.end()) return false;
    const size_t index = next->index;
    waiting_.erase(next);
    watcher_.started(index);
    try {
      workers_.emplace_back(index, jobs_[index], program_);
    } catch (const Error& error) {
      results_[index].sentence = error.what();
      watcher_.finished(index, results_[index]);
    }
    return true;
  }

  void collect_ended(bool stop_was_asked) {
    for (auto worker = workers_.begin(); worker != workers_.end();) {
      const auto status = worker->process().wait_status();
      if (!status) {
        ++worker;
        continue;
      }
      const size_t index = worker->index();
      const WorkerResult result = worker->end(*status, stop_was_asked, watcher_);
      worker = workers_.erase(worker);  // and with it the lock of the run's folder
      judge(index, result);
    }
  }

 private:
  void judge(size_t index, WorkerResult result) {
    if (result.outcome == Outcome::transient && tries_[index]++ < most_retries) return try_again(index, result);
    if (result.outcome == Outcome::transient) {
      result.outcome = Outcome::failed;
      result.sentence += fmt::format("; it was tried {} times", most_retries + 1);
    }
    if (result.outcome == Outcome::failed) record_failure(index, result);
    results_[index] = result;
    watcher_.finished(index, result);
  }

  void try_again(size_t index, const WorkerResult& result) {
    results_[index] = {Outcome::not_started, result.sentence, result.seconds};  // should a stop come first
    watcher_.event(
        index, {.type = "warning",
                .message = fmt::format("{}; trying again ({} of {})", result.sentence, tries_[index], most_retries)});
    waiting_.push_back({index, Clock::now() + pause_before_retry});
  }

  /// A full disk must not end the program while other runs go on.
  void record_failure(size_t index, WorkerResult& result) const {
    try {
      jobs_[index].folder.mark_failed(result.sentence);
    } catch (const Error& error) {
      result.sentence += fmt::format(" (and this could not be recorded: {})", error.what());
    }
  }

  const fs::path& program_;
  const std::vector<Job>& jobs_;
  Watcher& watcher_;
  std::vector<WorkerResult> results_;
  std::vector<int> tries_;
  std::deque<Waiting> waiting_;
  std::list<Worker> workers_;
};

/// Hands the program's own signals on to its workers, each kind once.
struct Stopping {
  bool asked = false, insisted = false;

  void pass_on(const StopSignals& stop, std::list<Worker>& workers, Watcher& watcher) {
    const bool newly_asked = stop.asked() && !asked, newly_insisted = stop.insisted() && !insisted;
    if (!newly_asked && !newly_insisted) return;
    asked = stop.asked(), insisted = stop.insisted();
    const int polite = stop.first() == SIGHUP ? SIGINT : stop.first();
    for (Worker& worker : workers) worker.process().signal(insisted ? SIGKILL : polite);
    watcher.stopping(workers.size());
  }
};

}  // namespace

std::vector<WorkerResult> run_workers(const fs::path& program, const std::vector<Job>& jobs, size_t at_once,
                                      Watcher& watcher) {
  Runs runs(program, jobs, watcher);
  const StopSignals stop;
  Stopping stopping;
  while (!runs.workers().empty() || (runs.any_waiting() && !stop.asked())) {
    while (runs.workers().size() < std::max<size_t>(1, at_once) && !stop.asked() && runs.start_next()) {
    }
    read_output(runs.workers(), watcher);
    stopping.pass_on(stop, runs.workers(), watcher);
    for (Worker& worker : runs.workers()) worker.keep_to_time_limit();
    runs.collect_ended(stop.asked());
    watcher.tick();
  }
  return runs.results();
}

}  // namespace elbo::host::launch
