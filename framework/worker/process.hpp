// A worker as a process: its answer on standard output, what it may take of the machine, what else the machine does meanwhile, signals that
// ask it to stop, and what it tells the front of its progress.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "experiment/settings.hpp"
#include "launch/protocol.hpp"
#include "plan/run.hpp"

namespace elbo::host {
struct Progress;
}

namespace elbo::host::worker {

/// From its making on, standard output is standard error; the answer goes to what it was.
class Answer {
 public:
  Answer();
  /// Writes all of it at once; false when nobody listens.
  bool write(std::string_view text) const;

 private:
  int fd_;
};

/// The answer to each word, or to each group of so many, as one JSON array. Returns an exit code.
int answer_each(std::span<const std::string> words, size_t in_group,
                const std::function<nlohmann::ordered_json(std::span<const std::string>)>& answer_to);

/// A crash ends the process without a word: what a plugin said last is then its last words. Some builds of libtorch bring a library
/// (UCX) that would write a page of its own after them.
void crash_silently();

/// Asking for more memory than config.memory_limit_gb (0: than the machine has) fails from now on, instead of making
/// the system kill some process; if it must, it takes this one first. Writing over a quota becomes an error as well.
void set_limits(const TrainConfig& config);

/// Threads, denormal numbers and products of matrices as in a run: what is evaluated anew then comes to the same bits.
void use_processor(const TrainConfig& config);

/// A run has this long to reach the end of its step and to save; systems that take machines away rarely give more.
inline constexpr unsigned seconds_to_save = 4;

/// From now on SIGINT, SIGTERM and SIGUSR1 set the flag that is returned. After SIGTERM or SIGUSR1 the process ends
/// with launch::again when seconds_to_save are over, whatever it is doing: the last checkpoint holds. After a second
/// SIGINT it does so at once.
const std::atomic<bool>& listen_for_stops();

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

/// One event on standard output.
void say(const launch::Event& event);

/// At most four times a second, except for ends of epochs.
class Teller {
 public:
  Teller(const Run& run, int64_t train_rows) : run_(run), rows_(train_rows) {}

  void tick(const Progress& progress, double per_second);
  void epoch(const Progress& progress, double per_second);
  void evaluating(double fraction);
  /// Of the last test pass.
  void elbo(double value);

 private:
  bool too_soon();
  launch::Event event(const char* type, const Progress& progress, double per_second) const;

  const Run& run_;
  int64_t rows_;
  double elbo_ = 0;
  bool has_elbo_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace elbo::host::worker
