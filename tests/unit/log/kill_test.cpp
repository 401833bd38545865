// Real writers, killed at random moments or stopped by a full disk.
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <random>
#include <thread>
#include <utility>

#include "base/process.hpp"
#include "example.hpp"
#include "folder.hpp"
#include "hdf5/file.hpp"
#include "log/upkeep/recover.hpp"

namespace elbo::host::log {
namespace {

const std::string program = ELBO_BUILD_DIR "/bin/log_writer";

/// Runs a shell command; its exit status and all that it said.
std::pair<int, std::string> shell(const std::string& command) {
  const Ended ended = run_to_end({"/bin/sh", "-c", command + " 2>&1"}, std::chrono::minutes(5));
  return {WIFEXITED(ended.status) ? WEXITSTATUS(ended.status) : 128 + WTERMSIG(ended.status), ended.out};
}

class Writer {
 public:
  explicit Writer(const std::filesystem::path& file) : process_(program, {file.string(), "1000000"}) {}

  /// The first epoch that was flushed.
  int64_t first_flushed() {
    while (last_ == 0 && !process_.wait_status()) process_.read(Process::output, note_epoch);
    return last_;
  }
  /// The last epoch that was flushed before it died.
  int64_t kill() {
    process_.signal(SIGKILL);
    while (!process_.wait_status()) process_.read(Process::output, note_epoch);
    while (process_.descriptor(Process::output) >= 0) process_.read(Process::output, note_epoch);
    return last_;
  }

 private:
  int64_t last_ = 0;
  const std::function<void(const std::string&)> note_epoch = [this](const std::string& line) {
    long epoch = 0;
    if (sscanf(line.c_str(), "flushed %ld", &epoch) == 1) last_ = epoch;
  };
  Process process_;
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
    ASSERT_GE(writer.first_flushed(), 1);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60000));
    const int64_t last = writer.kill();
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

// The kernel may end a write at the end of any page when its process is killed; seldom, but on a busy machine more often.
TEST(Kill, AWriteTornAtTheEndOfAPageLosesNoFlushedEpoch) {
  int kills = 0;
  for (int at = 1;; ++at) {
    const Folder folder;
    const auto [code, said] =
        shell("cd " + folder.path.string() +
              " && LD_PRELOAD=" ELBO_BUILD_DIR
              "/tests/robust/dies_at.so ELBO_DIE_IN='log_writer run.h5' ELBO_DIE_TORN=yes ELBO_DIE_AT=" +
              std::to_string(at) + " " + program + " run.h5 3");
    if (code == 0) break;
    const size_t flushed = said.rfind("flushed ");
    if (flushed == std::string::npos) continue;
    ++kills;
    const int64_t last = std::stol(said.substr(flushed + 8));
    EXPECT_GE(recover(folder / "run.h5").epochs, last) << "at write " << at;
    expect_epochs(h5::File::open(folder / "run.h5", h5::Mode::read), last);
  }
  EXPECT_GT(kills, 3);
}

TEST(Kill, AKilledFileIsResumedWithoutRepairByHand) {
  const Folder folder;
  Writer writer(folder / "run.h5");
  writer.first_flushed();
  const int64_t last = writer.kill();
  const auto [code, said] =
      shell(program + " --resume " + (folder / "run.h5").string() + " 1 " + std::to_string(last + 2));
  EXPECT_EQ(code, 0) << said;
  expect_epochs(h5::File::open(folder / "run.h5", h5::Mode::read), last + 2);
}

TEST(Kill, ARunningFileIsLeftAlone) {
  const Folder folder;
  Writer writer(folder / "run.h5");
  writer.first_flushed();
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
}  // namespace elbo::host::log
