// Real writers, killed at random moments or stopped by a full disk.
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "example.hpp"
#include "folder.hpp"
#include "log/h5.hpp"
#include "log/recover.hpp"

namespace elbo::log {
namespace {

const std::string program = ELBO_BUILD_DIR "/bin/log_writer";

/// Runs a shell command; its exit status and all that it said.
std::pair<int, std::string> shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::string said;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) said.append(buffer, n);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), said};
}

class Writer {
 public:
  explicit Writer(const std::filesystem::path& file) {
    int ends[2];
    if (pipe(ends) != 0) throw Error("no pipe");
    id_ = fork();
    if (id_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      execl(program.c_str(), program.c_str(), file.c_str(), "1000000", nullptr);
      _exit(127);
    }
    close(ends[1]);
    said_ = fdopen(ends[0], "r");
  }
  ~Writer() {
    kill();
    fclose(said_);
  }

  /// The next epoch that was flushed; 0 after the last.
  int64_t flushed() {
    long epoch = 0;
    return fscanf(said_, "flushed %ld\n", &epoch) == 1 ? epoch : 0;
  }
  /// The last epoch that was flushed before it died.
  int64_t kill() {
    int64_t last = 0;
    if (id_ < 0) return last;
    ::kill(id_, SIGKILL);
    while (const int64_t epoch = flushed()) last = epoch;
    waitpid(std::exchange(id_, -1), nullptr, 0);
    return last;
  }

 private:
  pid_t id_ = -1;
  FILE* said_ = nullptr;
};

void expect_epochs(const h5::File& file, int64_t last) {
  const auto epochs = file.dataset("/train/epoch").read<int64_t>(0, static_cast<hsize_t>(last));
  const auto elbos = file.dataset("/train/elbo").read<double>(0, static_cast<hsize_t>(last));
  const h5::Dataset mean = file.dataset("/latents/mean"), samples = file.dataset("/images/samples");
  for (int64_t epoch = 1; epoch <= last; ++epoch) {
    const auto row = static_cast<hsize_t>(epoch - 1);
    ASSERT_EQ(epochs[row], epoch);
    ASSERT_EQ(elbos[row], example::elbo(epoch));
    ASSERT_EQ(mean.read<float>(row, 1), example::mean(epoch));
    ASSERT_EQ(samples.read<uint8_t>(row, 1), example::pixels(epoch, example::layout()));
  }
}

TEST(Kill, EveryFlushedEpochOutlivesTheWriter) {
  const Folder folder;
  const auto path = folder / "run.h5";
  std::mt19937 random(20);
  for (int i = 0; i < 60; ++i) {
    Writer writer(path);
    const int64_t first = writer.flushed();
    ASSERT_EQ(first, 1);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60000));
    const int64_t last = std::max(first, writer.kill());
    expect_epochs(h5::File::open(path, h5::Mode::live), last);

    const Recovery recovery = recover(path);
    EXPECT_TRUE(recovery.repaired);
    EXPECT_GE(recovery.epochs, last);
    expect_epochs(h5::File::open(path, h5::Mode::read), last);
    EXPECT_EQ(read_summary(path).status, "killed");
    EXPECT_FALSE(recover(path).repaired);

    RunLog log = RunLog::resume(path, example::layout(), example::after(last));
    example::write_epoch(log, last + 1, example::layout());
    example::finish(log);
    expect_epochs(h5::File::open(path, h5::Mode::read), last + 1);
  }
}

TEST(Kill, AKilledFileIsResumedWithoutRepairByHand) {
  const Folder folder;
  Writer writer(folder / "run.h5");
  writer.flushed();
  const int64_t last = std::max(int64_t{1}, writer.kill());
  const auto [code, said] =
      shell(program + " --resume " + (folder / "run.h5").string() + " 1 " + std::to_string(last + 2));
  EXPECT_EQ(code, 0) << said;
  expect_epochs(h5::File::open(folder / "run.h5", h5::Mode::read), last + 2);
}

TEST(Kill, ARunningFileIsLeftAlone) {
  const Folder folder;
  Writer writer(folder / "run.h5");
  writer.flushed();
  EXPECT_CONTAINS(error_of([&] { recover(folder / "run.h5"); }), "is being written by another process");
  writer.kill();
  EXPECT_TRUE(recover(folder / "run.h5").repaired);
}

// A limit on the size of files stands for the full disk: the same system call fails in the same place.
TEST(FullDisk, IsASentenceAndNotACrash) {
  for (const int blocks : {8, 100, 400, 1000}) {
    const Folder folder;
    const auto [code, said] = shell("trap '' XFSZ; ulimit -f " + std::to_string(blocks) + "; " + program + " " +
                                    (folder / "run.h5").string() + " 100000");
    EXPECT_EQ(code, 1) << said;
    EXPECT_CONTAINS(said, "cannot be written: File too large");
    EXPECT_FALSE(std::filesystem::exists(folder / "run.h5.draft"));
  }
}

}  // namespace
}  // namespace elbo::log
