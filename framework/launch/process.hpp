// A child program whose output is read without blocking, and who does not outlive this program.
#pragma once
#include <sys/types.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace elbo::launch {

using Environment = std::vector<std::pair<std::string, std::string>>;

class Process {
 public:
  /// Starts `program` (a path) with the arguments and the added environment, in a process group of its own,
  /// so that a Ctrl-C typed at the terminal does not reach it. It is killed when this program dies. Throws
  /// Error when it cannot be started.
  Process(const std::string& program, const std::vector<std::string>& arguments, const Environment& added);
  /// Kills what still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  enum Stream { output = 0, errors = 1 };
  /// To be polled for reading; -1 once the stream has ended.
  int descriptor(Stream stream) const { return streams_[stream].descriptor; }
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
  pid_t pid_ = -1;
  std::optional<int> status_;
  std::array<Input, 2> streams_;
};

/// "exited with code 3", "crashed with signal 11 (Segmentation fault)"
std::string describe_status(int wait_status);

}  // namespace elbo::launch
