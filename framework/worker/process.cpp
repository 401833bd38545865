#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <sys/resource.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <string>

#include "sdk/src/fused/fused.hpp"

#include "base/memory.hpp"
#include "kernels/matrix_products.hpp"
#include "launch/protocol.hpp"
#include "train/checkpoint.hpp"
#include "worker/process.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
namespace {

std::atomic<bool> asked = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void on_interrupt(int) {
  if (asked.exchange(true)) _exit(launch::again);
}

void on_notice(int) {
  if (!asked.exchange(true)) alarm(seconds_to_save);
}

void on_alarm(int) { _exit(launch::again); }

std::string first_line_of(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// Seconds that this thread has waited in the queue of a processor.
std::optional<double> seconds_waited() {
  std::ifstream in("/proc/thread-self/schedstat");
  double ran = 0, waited = 0;  // nanoseconds
  if (!(in >> ran >> waited)) return {};
  return 1e-9 * waited;
}

bool is_process(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); });
}

/// Processes of the same program, without this one.
int64_t same_program() {
  const std::string own = first_line_of("/proc/self/comm");
  int64_t count = 0;
  std::error_code error;
  for (auto it = fs::directory_iterator("/proc", error); !error && it != fs::directory_iterator(); it.increment(error))
    count += is_process(it->path()) && first_line_of(it->path() / "comm") == own &&
             it->path().filename() != std::to_string(getpid());
  return count;
}

}  // namespace

Answer::Answer() : fd_(::dup(STDOUT_FILENO)) { ::dup2(STDERR_FILENO, STDOUT_FILENO); }

bool Answer::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t n = ::write(fd_, text.data(), text.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

int answer_each(std::span<const std::string> words, size_t in_group,
                const std::function<nlohmann::ordered_json(std::span<const std::string>)>& answer_to) {
  const Answer answer;
  auto all = nlohmann::ordered_json::array();
  for (size_t i = 0; i + in_group <= words.size(); i += in_group) all.push_back(answer_to(words.subspan(i, in_group)));
  return answer.write(all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n") ? 0 : 1;
}

void crash_silently() {
#ifndef __SANITIZE_ADDRESS__  // whose words are wanted
  for (const int crash : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) signal(crash, SIG_DFL);
#endif
}

void use_processor(const TrainConfig& config) {
  at::globalContext().setFlushDenormal(true);
  at::set_num_threads(static_cast<int>(config.threads));
  if (fused_kernels()) kernels::use_onednn_products();
}

void set_limits(const TrainConfig& config) {
  signal(SIGXFSZ, SIG_IGN);
  std::ofstream("/proc/self/oom_score_adj") << 500;
#ifndef __SANITIZE_ADDRESS__  // which asks for terabytes that it never touches
  const double bytes = config.memory_limit_gb > 0 ? config.memory_limit_gb * 1e9 : machine_memory();
  // Private writable memory: unlike the address space, it does not count the libraries.
  rlimit limit{};
  getrlimit(RLIMIT_DATA, &limit);
  limit.rlim_cur = std::min(limit.rlim_max, static_cast<rlim_t>(bytes));
  setrlimit(RLIMIT_DATA, &limit);
#else
  (void)config;
#endif
}

const std::atomic<bool>& listen_for_stops() {
  signal(SIGINT, on_interrupt);
  signal(SIGTERM, on_notice);
  signal(SIGUSR1, on_notice);
  signal(SIGALRM, on_alarm);
  return asked;
}

MachineLoad::MachineLoad() : waited_before_(seconds_waited()) { look(); }

void MachineLoad::look() {
  if (looked_ != Clock::time_point{} && Clock::now() - looked_ < std::chrono::seconds(1)) return;
  looked_ = Clock::now();
  runs_beside_ = std::max(runs_beside_, same_program());
}

std::optional<double> MachineLoad::waited() const {
  const auto now = seconds_waited();
  const double since = std::chrono::duration<double>(Clock::now() - begun_).count();
  if (!now || !waited_before_ || !(since > 0)) return {};
  return std::max(0.0, *now - *waited_before_) / since;
}

double MachineLoad::average() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : std::numeric_limits<double>::quiet_NaN();
}

using launch::Event;

void say(const Event& event) { std::cout << launch::to_line(event) << std::endl; }

bool Teller::too_soon() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(250)) return true;
  last_ = now;
  return false;
}

void Teller::tick(const Progress& progress, double per_second) {
  if (!too_soon()) say(event("progress", progress, per_second));
}

void Teller::epoch(const Progress& progress, double per_second) { say(event("epoch", progress, per_second)); }

void Teller::evaluating(double fraction) {
  if (too_soon()) return;
  Event e{.type = "evaluating", .epoch = run_.train.max_epochs, .epochs = run_.train.max_epochs, .fraction = fraction};
  e.elbo = elbo_;
  e.has_elbo = has_elbo_;
  say(e);
}

void Teller::elbo(double value) {
  elbo_ = value;
  has_elbo_ = !std::isnan(value);
}

Event Teller::event(const char* type, const Progress& p, double per_second) const {
  const double steps = static_cast<double>((rows_ + data_in_a_step(run_.train) - 1) / data_in_a_step(run_.train));
  const double epochs = static_cast<double>(run_.train.max_epochs);
  const double done = (static_cast<double>(p.epoch) + static_cast<double>(p.step) / steps) / epochs;
  Event e{.type = type, .epoch = p.epoch, .epochs = run_.train.max_epochs, .fraction = done};
  e.elbo = elbo_;
  e.has_elbo = has_elbo_;
  e.per_second = per_second;
  e.seconds_left = (1 - done) * static_cast<double>(rows_) * epochs / std::max(1e-9, per_second);
  return e;
}

}  // namespace elbo::host::worker
