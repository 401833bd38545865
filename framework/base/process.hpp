// Child processes: started in one place, so that each has the same guarantees. A child has a process group of its own, reads
// nothing that it is not given, and does not outlive this program.
#pragma once
#include <sys/types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace elbo::host {

using Environment = std::vector<std::pair<std::string, std::string>>;

class Process {
 public:
  /// Starts `program` (a path) with the arguments and the added environment, in a process group of its own,
  /// so that a Ctrl-C typed at the terminal does not reach it. Its standard input holds `input` and ends there.
  /// It is killed when this program dies, however that happens. Throws Error when it cannot be started.
  Process(const std::string& program, const std::vector<std::string>& arguments, const Environment& added = {},
          const std::string& input = "");
  /// Starts a copy of this process that calls `work` and exits with the code that it returns, 1 if it throws. The copy has the same
  /// guarantees, empty standard input and the default actions for signals. Throws Error when it cannot be started.
  explicit Process(const std::function<int()>& work);
  /// Kills what still runs, with all that it started in its process group.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  enum Stream { output = 0, errors = 1 };
  /// To be polled for reading; -1 once the stream has ended.
  int descriptor(Stream stream) const { return streams_[stream].descriptor; }
  /// Appends what is there now to `bytes`.
  void read_bytes(Stream stream, std::string& bytes);
  /// Reads what is there and calls `line` for each whole line, without its end.
  void read(Stream stream, const std::function<void(const std::string&)>& line);
  /// Both streams to what has been written so far, unfinished last lines included. For a process that has
  /// ended.
  void drain(const std::function<void(Stream, const std::string&)>& line);

  pid_t id() const { return pid_; }
  /// Sends the signal to the process and to all that it started.
  void signal(int number) const;
  /// The wait status once it has ended (see waitpid(2)); nothing while it runs.
  std::optional<int> wait_status();

 private:
  struct Input {
    int descriptor = -1;
    std::string unfinished;
  };
  /// Forks; the child takes its process group, its streams and its signals, then calls `child`, which does not return.
  void start(const std::string& what, const std::string& input, const std::function<void()>& child);

  pid_t pid_ = -1;
  std::optional<int> status_;
  std::array<Input, 2> streams_;
};

/// A process that has ended, and all that it wrote.
struct Ended {
  int status = 0;          // as waitpid(2) gives it
  bool timed_out = false;  // killed at the limit, or because it was to stop
  std::string out, err;

  bool succeeded() const;  // in time and with exit code 0
};

/// Runs a command to its end: a path, or a name that is looked for on PATH, and its arguments. Kills it at the limit. Throws
/// Error naming the program when it cannot be started, or when it writes more than 1 GiB, which no answer is.
Ended run_to_end(const std::vector<std::string>& command, std::chrono::milliseconds limit,
                 const std::string& input = "");

/// The same for a copy of this process; it is also killed once `stop` is set.
Ended run_to_end(const std::function<int()>& work, std::chrono::milliseconds limit, const std::atomic<bool>& stop);

/// Where PATH has an executable of this name; a name with a slash is a path already.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// "exited with code 3", "crashed with signal 11 (Segmentation fault)"
std::string describe_status(int wait_status);

}  // namespace elbo::host
