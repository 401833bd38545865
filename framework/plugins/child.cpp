#include "plugins/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <elbo/error.hpp>

namespace elbo::plugins {
namespace {

constexpr size_t kept = 16 * 1024 * 1024;
using Clock = std::chrono::steady_clock;

/// The reading end never blocks: a grandchild may keep the writing end open for ever.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0)
      throw Error(std::string("a pipe cannot be made: ") + std::strerror(errno));
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_writing_end();
    ::close(ends_[0]);
  }

  int reading_end() const { return open_ ? ends_[0] : -1; }
  int writing_end() const { return ends_[1]; }
  void close_writing_end() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

  /// What is there now.
  void drain(std::string& into) {
    std::array<char, 65536> block;
    while (open_) {
      const ssize_t n = ::read(ends_[0], block.data(), block.size());
      if (n < 0 && errno == EINTR) continue;
      if (n == 0) open_ = false;
      if (n <= 0) return;
      into.append(block.data(), std::min(static_cast<size_t>(n), kept - into.size()));
    }
  }

 private:
  std::array<int, 2> ends_;
  bool open_ = true;
};

pid_t spawn(const std::vector<std::string>& command, const Pipe& out, const Pipe& err) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.writing_end(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err.writing_end(), STDERR_FILENO);
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed)
    throw Error(command[0] + ": cannot be started: " + std::strerror(failed) + "; build or install the program again");
  return pid;
}

}  // namespace

Ended run_child(const std::vector<std::string>& command, std::chrono::milliseconds limit) {
  Pipe out, err;
  const auto deadline = Clock::now() + limit;
  const pid_t pid = spawn(command, out, err);
  out.close_writing_end();
  err.close_writing_end();

  Ended ended;
  while (true) {
    // Closed pipes wake poll at the child's end; the 20 ms are for children that close them and live on.
    std::array<pollfd, 2> pipes = {{{out.reading_end(), POLLIN, 0}, {err.reading_end(), POLLIN, 0}}};
    ::poll(pipes.data(), pipes.size(), 20);
    const bool over = ::waitpid(pid, &ended.status, WNOHANG) == pid;
    out.drain(ended.out);
    err.drain(ended.err);
    if (over) return ended;
    if (Clock::now() < deadline) continue;
    ended.timed_out = true;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &ended.status, 0);
    return ended;
  }
}

}  // namespace elbo::plugins
