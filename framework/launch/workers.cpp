#include "launch/workers.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <list>

#include <elbo/error.hpp>

#include "launch/stop_signals.hpp"
#include "launch/worker.hpp"

namespace elbo::launch {
namespace fs = std::filesystem;
namespace {

constexpr int tick_milliseconds = 100;

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

void start(size_t index, const Job& job, const fs::path& program, std::list<Worker>& workers,
           std::vector<Result>& results, Watcher& watcher) {
  watcher.started(index);
  try {
    workers.emplace_back(index, job, program);
  } catch (const Error& error) {
    results[index].sentence = error.what();
    watcher.finished(index, results[index]);
  }
}

void collect_ended(std::list<Worker>& workers, bool stop_was_asked, std::vector<Result>& results,
                   Watcher& watcher) {
  for (auto worker = workers.begin(); worker != workers.end();) {
    const auto status = worker->process().wait_status();
    if (!status) {
      ++worker;
      continue;
    }
    Result& result = results[worker->index()];
    result = worker->end(*status, stop_was_asked, watcher);
    watcher.finished(worker->index(), result);
    worker = workers.erase(worker);
  }
}

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

std::vector<Result> run_workers(const fs::path& program, const std::vector<Job>& jobs, size_t at_once,
                                Watcher& watcher) {
  std::vector<Result> results(jobs.size());
  std::list<Worker> workers;
  const StopSignals stop;
  Stopping stopping;
  for (size_t next = 0; !workers.empty() || (next < jobs.size() && !stop.asked());) {
    while (next < jobs.size() && workers.size() < std::max<size_t>(1, at_once) && !stop.asked()) {
      start(next, jobs[next], program, workers, results, watcher);
      ++next;
    }
    read_output(workers, watcher);
    stopping.pass_on(stop, workers, watcher);
    for (Worker& worker : workers) worker.keep_to_time_limit();
    collect_ended(workers, stop.asked(), results, watcher);
    watcher.tick();
  }
  return results;
}

}  // namespace elbo::launch
