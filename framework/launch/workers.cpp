#include "launch/workers.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <list>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "launch/process.hpp"
#include "launch/stop_signals.hpp"

namespace elbo::launch {
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
namespace {

constexpr int tick_milliseconds = 100;
constexpr size_t last_lines = 3;

/// Libraries that read any of these would otherwise take every core for themselves.
Environment threads_environment(int64_t threads) {
  const std::string count = std::to_string(threads);
  return {{"OMP_NUM_THREADS", count}, {"OPENBLAS_NUM_THREADS", count}, {"MKL_NUM_THREADS", count}};
}

class Worker {
 public:
  Worker(size_t index, const Job& job, const fs::path& program)
      : index(index),
        process(program.string(), {"run", job.folder.path().string()}, threads_environment(job.threads)),
        folder_(job.folder),
        text_(job.folder.text(), std::ios::app) {}

  void read(Process::Stream stream, Watcher& watcher) {
    process.read(stream, [&](const std::string& line) { take(stream, line, watcher); });
  }

  /// The outcome of a worker that has ended, also written into its folder.
  Result end(int status, bool stop_was_asked, Watcher& watcher) {
    process.drain([&](Process::Stream stream, const std::string& line) { take(stream, line, watcher); });
    text_.close();
    Result result = judge(status, stop_was_asked);
    result.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    try {
      if (result.outcome == Outcome::done) folder_.mark_done(result.seconds);
    } catch (const Error& error) {
      result.outcome = Outcome::failed;
      result.sentence = error.what();
    }
    if (result.outcome == Outcome::failed) record_failure(result);
    return result;
  }

  const size_t index;
  Process process;

 private:
  void take(Process::Stream stream, const std::string& line, Watcher& watcher) {
    const auto event = stream == Process::output ? event_from_line(line) : std::nullopt;
    if (!event) {
      text_ << line << std::endl;  // at once: somebody may be following the file
      last_.push_back(line);
      if (last_.size() > last_lines) last_.pop_front();
      return;
    }
    if (event->type == "failed" || event->type == "stopped") said_ = event->message;
    watcher.event(index, *event);
  }

  Result judge(int status, bool stop_was_asked) const {
    if (WIFEXITED(status) && WEXITSTATUS(status) == ExitCode::done) return {Outcome::done, "", 0};
    if (WIFEXITED(status) && WEXITSTATUS(status) == ExitCode::again) return {Outcome::stopped, said_, 0};
    // The signal may have met a worker that was not yet, or no longer, able to answer it in order.
    if (stop_was_asked && WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGKILL))
      return {Outcome::stopped, "killed before a checkpoint", 0};
    if (WIFEXITED(status) && !said_.empty()) return {Outcome::failed, said_, 0};
    std::string sentence = describe_status(status);
    if (!last_.empty()) sentence += "; its last words: " + join({last_.begin(), last_.end()}, " | ");
    return {Outcome::failed, sentence, 0};
  }

  /// A full disk must not end the program while other runs go on.
  void record_failure(Result& result) const {
    try {
      folder_.mark_failed(result.sentence);
    } catch (const Error& error) {
      result.sentence += fmt::format(" (and this could not be recorded: {})", error.what());
    }
  }

  RunFolder folder_;
  std::ofstream text_;
  std::deque<std::string> last_;
  std::string said_;
  Clock::time_point start_ = Clock::now();
};

/// Waits for output of any worker, at most one tick, and reads it.
void read_output(std::list<Worker>& workers, Watcher& watcher) {
  std::vector<pollfd> waited;
  std::vector<std::pair<Worker*, Process::Stream>> owners;
  for (Worker& worker : workers)
    for (const auto stream : {Process::output, Process::errors})
      if (const int descriptor = worker.process.descriptor(stream); descriptor >= 0) {
        waited.push_back({descriptor, POLLIN, 0});
        owners.emplace_back(&worker, stream);
      }
  if (poll(waited.data(), waited.size(), tick_milliseconds) <= 0) return;
  for (size_t i = 0; i < waited.size(); ++i)
    if (waited[i].revents != 0) owners[i].first->read(owners[i].second, watcher);
}

void collect_ended(std::list<Worker>& workers, bool stop_was_asked, std::vector<Result>& results,
                   Watcher& watcher) {
  for (auto worker = workers.begin(); worker != workers.end();) {
    const auto status = worker->process.wait_status();
    if (!status) {
      ++worker;
      continue;
    }
    Result& result = results[worker->index];
    result = worker->end(*status, stop_was_asked, watcher);
    watcher.finished(worker->index, result);
    worker = workers.erase(worker);
  }
}

}  // namespace

std::vector<Result> run_workers(const fs::path& program, const std::vector<Job>& jobs, size_t at_once,
                                Watcher& watcher) {
  std::vector<Result> results(jobs.size());
  std::list<Worker> workers;
  const StopSignals stop;
  int stops_passed_on = 0;
  for (size_t next = 0; !workers.empty() || (next < jobs.size() && stop.count() == 0);) {
    while (next < jobs.size() && workers.size() < std::max<size_t>(1, at_once) && stop.count() == 0) {
      watcher.started(next);
      workers.emplace_back(next, jobs[next], program);
      ++next;
    }
    read_output(workers, watcher);
    if (const int stops = std::min(stop.count(), 2); stops > stops_passed_on) {
      stops_passed_on = stops;
      for (const Worker& worker : workers) worker.process.signal(stops == 1 ? SIGINT : SIGKILL);
      watcher.stopping(workers.size());
    }
    collect_ended(workers, stops_passed_on > 0, results, watcher);
    watcher.tick();
  }
  return results;
}

}  // namespace elbo::launch
