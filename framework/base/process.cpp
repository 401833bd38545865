#include "base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <elbo/error.hpp>

namespace elbo::host {
namespace {

// A plugin may print without ever ending a line.
constexpr size_t longest_line = 1 << 16;
constexpr size_t most_output = size_t{1} << 30;

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw Error(fmt::format("a pipe cannot be made: {}", std::strerror(errno)));
    read = ends[0], write = ends[1];
  }
  ~Pipe() {
    if (read >= 0) close(read);
    if (write >= 0) close(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int take_read() { return std::exchange(read, -1); }
  void close_write() { close(std::exchange(write, -1)); }
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

/// A file in memory with this content, open at its start: nothing of it is left when the programs that hold it end.
class InputFile {
 public:
  explicit InputFile(const std::string& content)
      : descriptor_(content.empty() ? open("/dev/null", O_RDONLY | O_CLOEXEC) : memfd_create("input", MFD_CLOEXEC)) {
    bool well = descriptor_ >= 0;
    for (size_t written = 0; well && written < content.size();) {
      const ssize_t count = write(descriptor_, content.data() + written, content.size() - written);
      well = count > 0;
      if (well) written += static_cast<size_t>(count);
    }
    if (well && (content.empty() || lseek(descriptor_, 0, SEEK_SET) == 0)) return;
    const int reason = errno;
    if (descriptor_ >= 0) close(descriptor_);
    throw Error(fmt::format("the input of a program cannot be made: {}", std::strerror(reason)));
  }
  ~InputFile() { close(descriptor_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// The reason for which the child could not become the program, 0 where it could: then the pipe ends without a word.
int refused(Pipe& refusal) {
  refusal.close_write();
  int reason = 0;
  ssize_t count;
  do count = read(refusal.read, &reason, sizeof reason);
  while (count < 0 && errno == EINTR);
  return count == sizeof reason ? reason : 0;
}

}  // namespace

void Process::start(const std::string& what, const std::string& input, const std::function<void()>& child) {
  const InputFile input_file(input);
  Pipe output_pipe, error_pipe;
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw Error(fmt::format("{}: no process can be started: {}", what, std::strerror(errno)));
  if (pid_ == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // the parent died before the line above
    dup2(input_file.descriptor(), STDIN_FILENO);
    dup2(output_pipe.write, STDOUT_FILENO);
    dup2(error_pipe.write, STDERR_FILENO);
    child();
    _exit(127);
  }
  setpgid(pid_, pid_);  // here as well: a signal may be sent before the child has come so far
  streams_[output].descriptor = output_pipe.take_read();
  streams_[errors].descriptor = error_pipe.take_read();
  for (const Input& stream : streams_) fcntl(stream.descriptor, F_SETFL, O_NONBLOCK);
}

Process::Process(const std::string& program, const std::vector<std::string>& arguments, const Environment& added,
                 const std::string& input) {
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = environment_with(added);
  const auto word_list = pointers(words), environment_list = pointers(environment);
  Pipe refusal;                // where the child writes the reason when the program cannot be started
  start(program, input, [&] {  // between fork and exec: only what is safe there
    execve(word_list[0], word_list.data(), environment_list.data());
    const int reason = errno;
    if (write(refusal.write, &reason, sizeof reason) < 0) _exit(126);
  });
  if (const int reason = refused(refusal)) {
    waitpid(pid_, nullptr, 0);
    for (const Input& stream : streams_) close(stream.descriptor);
    throw Error(fmt::format("{}: cannot be started: {}", program, std::strerror(reason)));
  }
}

Process::Process(const std::function<int()>& work) {
  start("a copy of this program", "", [&] {
    for (const int number : {SIGINT, SIGTERM, SIGUSR1, SIGALRM}) ::signal(number, SIG_DFL);
    int code = 1;
    try {
      code = work();
    } catch (...) {
    }
    _exit(code);
  });
}

Process::~Process() {
  if (!status_) {
    signal(SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (const Input& input : streams_)
    if (input.descriptor >= 0) close(input.descriptor);
}

void Process::read_bytes(Stream stream, std::string& bytes) {
  Input& input = streams_[stream];
  std::array<char, 65536> block;
  const ssize_t count = input.descriptor < 0 ? 0 : ::read(input.descriptor, block.data(), block.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count > 0) bytes.append(block.data(), static_cast<size_t>(count));
  else if (input.descriptor >= 0) close(std::exchange(input.descriptor, -1));
}

void Process::read(Stream stream, const std::function<void(const std::string&)>& line) {
  Input& input = streams_[stream];
  read_bytes(stream, input.unfinished);
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

bool Ended::succeeded() const { return !timed_out && WIFEXITED(status) && WEXITSTATUS(status) == 0; }

std::optional<std::filesystem::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path file = std::filesystem::path(folder.empty() ? "." : folder) / name;
    if (access(file.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(file)) return file;
  }
  return {};
}

namespace {

Ended ended_within(Process& process, const std::string& name, std::chrono::milliseconds limit,
                   const std::function<bool()>& is_to_stop) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  Ended ended;
  const auto read_all = [&](int rounds) {
    for (const auto& [stream, text] : {std::pair{Process::output, &ended.out}, std::pair{Process::errors, &ended.err}})
      for (size_t before = text->size() + 1, round = 0; round < static_cast<size_t>(rounds) && before != text->size();
           ++round) {
        before = text->size();
        process.read_bytes(stream, *text);
      }
    if (std::max(ended.out.size(), ended.err.size()) > most_output)
      throw Error(fmt::format("{}: wrote more than {} MiB; expected an answer; it was ended", name, most_output >> 20));
  };
  while (true) {
    // Closed pipes wake poll at the child's end; the 20 ms are for children that close them and live on.
    std::array<pollfd, 2> pipes = {
        {{process.descriptor(Process::output), POLLIN, 0}, {process.descriptor(Process::errors), POLLIN, 0}}};
    poll(pipes.data(), pipes.size(), 20);
    const auto status = process.wait_status();
    // A process that it left behind may hold the streams open and write on: after its end, take what fits in a pipe.
    read_all(status ? 32 : 1);
    if (status) {
      ended.status = *status;
      return ended;
    }
    if (std::chrono::steady_clock::now() < deadline && !is_to_stop()) continue;
    ended.timed_out = true;
    process.signal(SIGKILL);
    ended.status = SIGKILL;
    return ended;
  }
}

}  // namespace

Ended run_to_end(const std::vector<std::string>& command, std::chrono::milliseconds limit, const std::string& input) {
  const auto program = find_program(command.front());
  if (!program) throw Error(command.front() + ": there is no such program on PATH");
  Process process(program->string(), {command.begin() + 1, command.end()}, {}, input);
  return ended_within(process, command.front(), limit, [] { return false; });
}

Ended run_to_end(const std::function<int()>& work, std::chrono::milliseconds limit, const std::atomic<bool>& stop) {
  Process process(work);
  return ended_within(process, "a copy of this program", limit, [&] { return stop.load(); });
}

std::string describe_status(int wait_status) {
  if (WIFEXITED(wait_status)) return fmt::format("exited with code {}", WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  return fmt::format("crashed with signal {} ({})", number, strsignal(number));
}

}  // namespace elbo::host
