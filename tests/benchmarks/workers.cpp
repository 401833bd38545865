// elbo bench workers: training of several runs at once, one process each, and of one run on several threads.
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include <elbo/error.hpp>

#include "benchmarks/benchmarks.hpp"
#include "benchmarks/stepper.hpp"

namespace elbo::host::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct WorkersCase {
  Workload workload;
  int processes, threads;
  std::vector<double> rates{};  // images per second of all processes together, one a repetition

  std::string name() const { return fmt::format("{}, {} x {}", workload.name, processes, threads); }
};

std::vector<WorkersCase> worker_cases(const std::string& filter) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<WorkersCase> cases;
  std::string names;
  for (const Workload& w : workloads()) {
    if (w.name != "mlp batch 100" && w.name != "mlp batch 500") continue;
    names += (names.empty() ? "" : ", ") + w.name;
    if (w.name.find(filter) == std::string::npos) continue;
    for (int n = 1; n <= cores; n = n == cores ? n + 1 : std::min(2 * n, cores)) cases.push_back({w, n, 1});
    for (int n = 2; n <= cores; n = n == cores ? n + 1 : std::min(2 * n, cores)) cases.push_back({w, 1, n});
  }
  if (cases.empty())
    throw UserError("elbo bench workers: no case has '" + filter + "' in its name; there are: " + names);
  return cases;
}

/// A pipe both ends of which close with it.
struct Pipe {
  std::array<int, 2> ends{};
  Pipe() {
    if (::pipe(ends.data()) != 0)
      throw Error(std::string("elbo bench workers: no pipe (") + std::strerror(errno) + ")");
  }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close(size_t end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
};

/// What one process does: says that it is ready, waits until all are, trains for the time, tells its rate.
void work(const WorkersCase& c, double seconds, Pipe& begin, Pipe& told) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGINT, SIG_DFL);  // one sentence is enough, and the one who started this says it
  at::set_num_threads(c.threads);
  Stepper stepper(c.workload);
  for (int i = 0; i < 5; ++i) stepper.step();
  const char ready = 'r';
  char signal = 0;
  begin.close(1);
  if (::write(told.ends[1], &ready, 1) != 1 || ::read(begin.ends[0], &signal, 1) < 0) return;
  const auto start = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  int64_t steps = 0;
  do stepper.step(), ++steps;
  while (elapsed() < seconds);
  const double rate = static_cast<double>(steps * c.workload.batch) / elapsed();
  [[maybe_unused]] const auto written = ::write(told.ends[1], &rate, sizeof rate);
}

template <class T>
T told_by(Pipe& pipe) {
  T value{};
  if (::read(pipe.ends[0], &value, sizeof value) != static_cast<ssize_t>(sizeof value))
    throw Error("elbo bench workers: a process ended before it told its rate");
  return value;
}

// libtorch is loaded, but has not computed anything yet, so that it can be forked.
double rate_of(const WorkersCase& c, double seconds) {
  Pipe begin;
  std::vector<std::unique_ptr<Pipe>> told;
  std::vector<pid_t> started;
  for (int i = 0; i < c.processes; ++i) {
    told.push_back(std::make_unique<Pipe>());
    const pid_t id = ::fork();
    if (id < 0) throw Error(std::string("elbo bench workers: cannot start a process (") + std::strerror(errno) + ")");
    if (id == 0) {
      work(c, seconds, begin, *told.back());
      ::_exit(0);
    }
    told.back()->close(1);
    started.push_back(id);
  }
  for (const auto& pipe : told) told_by<char>(*pipe);
  begin.close(1);  // all waiting reads return
  double sum = 0;
  for (const auto& pipe : told) sum += told_by<double>(*pipe);
  for (const pid_t id : started) ::waitpid(id, nullptr, 0);
  return sum;
}

const std::vector<Shown> workers_columns = {{"case", "case", "", 0},
                                            {"processes", "processes", "number", 0},
                                            {"threads", "threads of each", "number", 0},
                                            {"images_per_second", "images", "1/s", 0},
                                            {"ratio", "of one process of one thread", "times", 2}};

}  // namespace

void workers(const Request& request) {
  std::vector<WorkersCase> cases = worker_cases(request.filter);
  for (int64_t r = 0; r < request.settings.repetitions; ++r)
    for (WorkersCase& c : cases) c.rates.push_back(rate_of(c, request.settings.min_time));
  Json rows = Json::array();
  const WorkersCase* alone = nullptr;
  for (const WorkersCase& c : cases) {
    if (c.processes == 1 && c.threads == 1) alone = &c;
    std::vector<double> ratios;  // of one round, whatever phase the machine was in
    for (size_t r = 0; r < c.rates.size(); ++r) ratios.push_back(c.rates[r] / alone->rates[r]);
    rows.push_back({{"case", c.workload.name},
                    {"processes", c.processes},
                    {"threads", c.threads},
                    {"images_per_second", median(c.rates)},
                    {"ratio", median(ratios)}});
  }
  write(request.format, {{"benchmark", "workers"}}, conditions(request.unset), rows, workers_columns);
}

}  // namespace elbo::host::bench
