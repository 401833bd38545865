#include "base/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include <elbo/error.hpp>

namespace elbo::host {
namespace {

using namespace std::chrono_literals;

Ended shell(const std::string& script, std::chrono::milliseconds limit = 60s) {
  return run_to_end({"/bin/sh", "-c", script}, limit);
}

TEST(RunToEnd, GivesOutputAndCode) {
  const Ended ended = shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(WEXITSTATUS(ended.status), 3);
  EXPECT_EQ(ended.out, "out\n");
  EXPECT_EQ(ended.err, "err\n");
  EXPECT_FALSE(ended.timed_out);
}

TEST(RunToEnd, TakesMoreOutputThanAPipeHolds) {
  EXPECT_EQ(shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2").out.size(), 3000000u);
}

TEST(RunToEnd, LosesNothingOfALongAnswer) { EXPECT_EQ(shell("head -c 40000000 /dev/zero").out.size(), 40000000u); }

TEST(RunToEnd, EndsAProgramThatWritesForEver) {
  try {
    shell("exec cat /dev/zero");
    FAIL() << "it has no end";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("1024 MiB"), std::string::npos) << error.what();
  }
}

TEST(RunToEnd, GivesItsInput) {
  const std::string input(300000, 'x');
  EXPECT_EQ(run_to_end({"cat"}, 60s, input).out, input);
  EXPECT_EQ(run_to_end({"cat", "/dev/stdin"}, 60s, input).out, input);
}

TEST(RunToEnd, FindsAProgramOnThePath) {
  EXPECT_EQ(run_to_end({"printf", "%s", "a b"}, 60s).out, "a b");
  EXPECT_FALSE(find_program("no-program-of-this-name"));
  EXPECT_THROW(run_to_end({"no-program-of-this-name"}, 60s), Error);
}

/// Whether a process of this number does anything: one that ended may wait for its parent to notice.
bool is_alive(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string stat;
  std::getline(file, stat);
  return !stat.empty() && stat.substr(stat.rfind(')') + 2, 1) != "Z";
}

TEST(RunToEnd, EndsWhatTheProgramStartedToo) {
  const Ended ended = shell("sleep 600 & echo $!; wait", 500ms);
  ASSERT_TRUE(ended.timed_out);
  const std::string pid = ended.out.substr(0, ended.out.find('\n'));
  ASSERT_FALSE(pid.empty());
  for (int tries = 0; tries < 1000 && is_alive(pid); ++tries) std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(is_alive(pid));
}

TEST(RunToEnd, ReadsNothing) { EXPECT_EQ(shell("cat; echo end").out, "end\n"); }

TEST(RunToEnd, IsKilledAtTheLimit) {
  const Ended ended = shell("exec sleep 600", 50ms);
  EXPECT_TRUE(ended.timed_out);
  EXPECT_EQ(WTERMSIG(ended.status), SIGKILL);
}

TEST(RunToEnd, MayCloseItsOutputAndLiveOn) {
  EXPECT_EQ(WEXITSTATUS(shell("exec >&- 2>&-; sleep 0.1; exit 4").status), 4);
}

TEST(RunToEnd, MayLeaveAGrandchildWithItsOutput) { EXPECT_EQ(WEXITSTATUS(shell("sleep 5 & exit 5").status), 5); }

TEST(RunToEnd, SaysBySignal) { EXPECT_EQ(WTERMSIG(shell("kill -SEGV $$").status), SIGSEGV); }

TEST(Copy, GivesItsCodeAndWhatItWrote) {
  const std::atomic<bool> stop = false;
  const auto work = [] { return write(STDOUT_FILENO, "out", 3) == 3 && read(STDIN_FILENO, nullptr, 0) == 0 ? 7 : 8; };
  const Ended ended = run_to_end(work, 60s, stop);
  EXPECT_EQ(WEXITSTATUS(ended.status), 7);
  EXPECT_EQ(ended.out, "out");
}

TEST(Copy, ThatThrowsEndsWithCode1) {
  const std::atomic<bool> stop = false;
  EXPECT_EQ(WEXITSTATUS(run_to_end([]() -> int { throw Error("no"); }, 60s, stop).status), 1);
}

TEST(Copy, IsKilledAtTheLimitAndWhenItIsToStop) {
  const std::atomic<bool> go_on = false, stop = true;
  const auto sleep = [] { return pause(); };
  EXPECT_TRUE(run_to_end(sleep, 50ms, go_on).timed_out);
  EXPECT_TRUE(run_to_end(sleep, 1h, stop).timed_out);
}

TEST(Copy, IsAskedBySignalsWhateverThisProgramDoesWithThem) {
  struct sigaction before{};
  sigaction(SIGTERM, nullptr, &before);
  ::signal(SIGTERM, SIG_IGN);
  Process copy([] { return write(STDOUT_FILENO, "\n", 1) == 1 ? pause() : 1; });
  ::sigaction(SIGTERM, &before, nullptr);
  for (bool begun = false; !begun;) copy.read(Process::output, [&](const std::string&) { begun = true; });
  copy.signal(SIGTERM);
  while (!copy.wait_status()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(WTERMSIG(*copy.wait_status()), SIGTERM);
}

TEST(RunToEnd, ThatCannotBeStarted) { EXPECT_THROW(run_to_end({"/nowhere/program"}, 1s), Error); }

}  // namespace
}  // namespace elbo::host
