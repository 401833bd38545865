#include "launch/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <elbo/error.hpp>

namespace elbo::launch {
namespace {

// A plugin may print without ever ending a line.
constexpr size_t longest_line = 1 << 16;

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
      throw Error(fmt::format("a pipe cannot be made: {}", std::strerror(errno)));
    read = ends[0], write = ends[1];
  }
  ~Pipe() {
    if (read >= 0) close(read);
    if (write >= 0) close(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int take_read() { return std::exchange(read, -1); }
};

/// This program's environment with the additions in place of what it had of the same names.
std::vector<std::string> environment_with(const Environment& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    const auto same = [&](const auto& add) { return text.substr(0, text.find('=')) == add.first; };
    if (std::none_of(added.begin(), added.end(), same)) all.emplace_back(text);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

/// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become(pid_t parent, int output, int errors, char* const* words, char* const* environment) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent died before the line above
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  execve(words[0], words, environment);
  const char* reason = strerrordesc_np(errno);
  for (const char* text : {static_cast<const char*>(words[0]), ": cannot be started: ", reason, "\n"})
    if (write(STDERR_FILENO, text, std::strlen(text)) < 0) break;
  _exit(127);
}

}  // namespace

Process::Process(const std::string& program, const std::vector<std::string>& arguments,
                 const Environment& added) {
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = environment_with(added);
  const auto word_list = pointers(words), environment_list = pointers(environment);
  Pipe output_pipe, error_pipe;
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw Error(fmt::format("{}: no process can be started: {}", program, std::strerror(errno)));
  if (pid_ == 0)
    become(parent, output_pipe.write, error_pipe.write, word_list.data(), environment_list.data());
  setpgid(pid_, pid_);  // here as well: a signal may be sent before the child has come so far
  streams_[output].descriptor = output_pipe.take_read();
  streams_[errors].descriptor = error_pipe.take_read();
  for (const Input& input : streams_) fcntl(input.descriptor, F_SETFL, O_NONBLOCK);
}

Process::~Process() {
  if (!status_) {
    signal(SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (const Input& input : streams_)
    if (input.descriptor >= 0) close(input.descriptor);
}

void Process::read(Stream stream, const std::function<void(const std::string&)>& line) {
  Input& input = streams_[stream];
  std::array<char, 65536> block;
  const ssize_t count = input.descriptor < 0 ? 0 : ::read(input.descriptor, block.data(), block.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    if (input.descriptor >= 0) close(std::exchange(input.descriptor, -1));
    return;
  }
  input.unfinished.append(block.data(), static_cast<size_t>(count));
  size_t begin = 0;
  for (size_t end; (end = input.unfinished.find('\n', begin)) != std::string::npos; begin = end + 1)
    line(input.unfinished.substr(begin, end - begin));
  input.unfinished.erase(0, begin);
  if (input.unfinished.size() > longest_line) line(std::exchange(input.unfinished, {}));
}

void Process::drain(const std::function<void(Stream, const std::string&)>& line) {
  for (const Stream stream : {output, errors}) {
    const auto to_line = [&](const std::string& text) { line(stream, text); };
    // A process that it left behind may hold the stream open and write on: take what fits in a pipe, then let
    // go.
    for (int blocks = 0; blocks < 32 && descriptor(stream) >= 0; ++blocks) read(stream, to_line);
    if (!streams_[stream].unfinished.empty()) to_line(std::exchange(streams_[stream].unfinished, {}));
  }
}

void Process::signal(int number) const {
  if (!status_) kill(-pid_, number);
}

std::optional<int> Process::wait_status() {
  int status = 0;
  if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

std::string describe_status(int wait_status) {
  if (WIFEXITED(wait_status)) return fmt::format("exited with code {}", WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  return fmt::format("crashed with signal {} ({})", number, strsignal(number));
}

}  // namespace elbo::launch
