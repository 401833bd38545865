#include "launch/workers.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <algorithm>
#include <deque>
#include <list>

#include <elbo/error.hpp>

#include "base/cpu_code.hpp"
#include "base/text.hpp"
#include "base/transient.hpp"

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

namespace {

constexpr size_t last_lines = 3;

/// Libraries that read any of the first three would otherwise take every core for themselves. OpenBLAS has one thread:
/// its own threads and libtorch's, waiting for each other, are slower than one.
Environment environment_of(const Job& job, const CallPage& page) {
  const std::string count = std::to_string(job.threads);
  Environment all = kernel_environment();
  all.insert(all.end(), {{"OMP_NUM_THREADS", count},
                         {"OPENBLAS_NUM_THREADS", "1"},
                         {"MKL_NUM_THREADS", count},
                         {call_page_variable, page.descriptor()}});
  return all;
}

/// The signal may have met a worker that was not yet, or no longer, able to answer it in order.
bool ended_by_stop(int wait_status) {
  if (!WIFSIGNALED(wait_status)) return false;
  const int number = WTERMSIG(wait_status);
  return number == SIGINT || number == SIGTERM || number == SIGUSR1 || number == SIGKILL;
}

std::string what_ended_it(int wait_status) {
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == ExitCode::done) return "ended without a log.h5";
  std::string text = describe_status(wait_status);
  if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL)
    text += "; the system does that when memory runs out";
  return text;
}

constexpr std::array<int, 4> numbers = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
volatile sig_atomic_t first_number = 0;
volatile sig_atomic_t interrupts = 0;

void note(int number) {
  if (first_number == 0) first_number = number;
  if (number == SIGINT) interrupts = interrupts + 1;
}

}  // namespace

Worker::Worker(size_t index, const Job& job, const fs::path& program)
    : index_(index),
      folder_(job.folder),
      lock_(job.folder.path()),
      time_limit_(job.time_limit_seconds),
      process_(program.string(), {"run", job.folder.path().string()}, environment_of(job, page_)),
      text_(job.folder.text(), std::ios::app) {
  page_.forget_descriptor();
}

void Worker::read(Process::Stream stream, Watcher& watcher) {
  process_.read(stream, [&](const std::string& line) { take(stream, line, watcher); });
}

void Worker::keep_to_time_limit() {
  if (time_limit_ == 0 || seconds() < static_cast<double>(time_limit_)) return;
  overdue_ = true;
  process_.signal(SIGKILL);
}

WorkerResult Worker::end(int wait_status, bool stop_was_asked, Watcher& watcher) {
  process_.drain([&](Process::Stream stream, const std::string& line) { take(stream, line, watcher); });
  text_.close();
  WorkerResult result = judge(wait_status, stop_was_asked);
  result.seconds = seconds();
  try {
    if (result.outcome == Outcome::done) folder_.mark_done(result.seconds);
  } catch (const Error& error) {
    result.outcome = is_transient(error) ? Outcome::transient : Outcome::failed;
    result.sentence = error.what();
  }
  return result;
}

void Worker::take(Process::Stream stream, const std::string& line, Watcher& watcher) {
  const auto event = stream == Process::output ? event_from_line(line) : std::nullopt;
  if (!event) {
    text_ << line << std::endl;  // at once: somebody may be following the file
    last_.push_back(line);
    if (last_.size() > last_lines) last_.pop_front();
    return;
  }
  if (event->type == "failed" || event->type == "stopped") said_ = event->message;
  watcher.event(index_, *event);
}

WorkerResult Worker::judge(int wait_status, bool stop_was_asked) const {
  const int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
  if (code == ExitCode::done && folder_.has_complete_log()) return {Outcome::done, "", 0};
  if (code == ExitCode::again) return {Outcome::stopped, said_, 0};
  if (overdue_)
    return {Outcome::failed, blamed(fmt::format("was killed after train.time_limit_seconds = {}", time_limit_)), 0};
  if (stop_was_asked && ended_by_stop(wait_status)) return {Outcome::stopped, "killed before a checkpoint", 0};
  if (code == ExitCode::transient) return {Outcome::transient, said_, 0};
  if (code > 0 && !said_.empty()) return {Outcome::failed, said_, 0};
  const bool killed = WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;  // no process does that to itself
  std::string sentence = blamed(what_ended_it(wait_status));
  if (!last_.empty()) sentence += "; its last words: " + join({last_.begin(), last_.end()}, " | ");
  return {killed ? Outcome::transient : Outcome::failed, sentence, 0};
}

/// What happened, with the plugin that was at work if one was.
std::string Worker::blamed(const std::string& what) const {
  const std::string call = page_.text();
  return call.empty() ? what : call + ": " + what;
}

double Worker::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

StopSignals::StopSignals() {
  first_number = 0;
  interrupts = 0;
  struct sigaction action{};
  action.sa_handler = note;
  // No SA_RESTART: a waiting poll is to return at once.
  for (size_t i = 0; i < numbers.size(); ++i) sigaction(numbers[i], &action, &previous_[i]);
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < numbers.size(); ++i) sigaction(numbers[i], &previous_[i], nullptr);
}

bool StopSignals::insisted() const { return interrupts > 1; }
int StopSignals::first() { return first_number; }

}  // namespace elbo::host::launch
