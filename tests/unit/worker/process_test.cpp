// What a worker does to its own process: each in a copy of this one.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <new>

#include <elbo/error.hpp>

#include "base/process.hpp"
#include "launch/protocol.hpp"
#include "train/checkpoint.hpp"
#include "worker/process.hpp"

namespace elbo::host::worker {
namespace {

using namespace std::chrono_literals;

const std::atomic<bool> never = false;

/// The copy's exit code, or minus the signal that ended it.
int code_of(const Ended& ended) {
  return WIFEXITED(ended.status) ? WEXITSTATUS(ended.status) : -WTERMSIG(ended.status);
}

TEST(Answer, IsKeptApartFromWhatPluginsPrint) {
  const Ended ended = run_to_end(
      [] {
        const Answer answer;
        std::printf("a plugin speaks\n");
        std::fflush(stdout);
        return answer.write("the answer\n") ? 0 : 1;
      },
      60s, never);
  EXPECT_EQ(code_of(ended), 0);
  EXPECT_EQ(ended.out, "the answer\n");
  EXPECT_EQ(ended.err, "a plugin speaks\n");
}

TEST(Answer, SaysWhenNobodyListens) {
  const auto work = [] {
    signal(SIGPIPE, SIG_IGN);
    close(STDOUT_FILENO);
    return Answer().write("x") ? 0 : 7;
  };
  EXPECT_EQ(code_of(run_to_end(work, 60s, never)), 7);
}

/// Begins `wait` in a copy that listens for stops, and sends it these signals once it does.
int stopped_by(const std::vector<int>& signals, const std::function<int(const std::atomic<bool>&)>& wait) {
  Process copy([&] {
    const std::atomic<bool>& stop = listen_for_stops();
    if (write(STDOUT_FILENO, "\n", 1) != 1) return 1;
    return wait(stop);
  });
  for (bool listens = false; !listens && !copy.wait_status();)
    copy.read(Process::output, [&](const std::string&) { listens = true; });
  for (const int number : signals) copy.signal(number);
  while (!copy.wait_status()) usleep(1000);
  const int status = *copy.wait_status();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Stop, EachSignalSetsTheFlag) {
  const auto until_asked = [](const std::atomic<bool>& stop) {
    while (!stop) usleep(1000);
    return 3;
  };
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) EXPECT_EQ(stopped_by({number}, until_asked), 3) << number;
}

TEST(Stop, WhoIsDeafAfterANoticeEndsSoThatTheRunGoesOn) {
  const auto deaf = [](const std::atomic<bool>&) {
    while (true) pause();
    return 0;
  };
  EXPECT_EQ(stopped_by({SIGTERM, SIGALRM}, deaf), launch::again);
}

#ifndef __SANITIZE_ADDRESS__
TEST(Limits, MoreMemoryThanAllowedIsAnException) {
  const auto work = [] {
    set_limits({.memory_limit_gb = 2});
    try {
      char* const volatile kept =
          new char[size_t{4} << 30];  // volatile: the compiler may leave out memory that nobody uses
      delete[] kept;
      return 1;
    } catch (const std::bad_alloc&) {
      return 5;
    }
  };
  EXPECT_EQ(code_of(run_to_end(work, 60s, never)), 5);
}
#endif

TEST(MachineLoad, CountsTheCopiesOfThisProgram) {
  Process copy([] { return pause(); });
  EXPECT_GE(MachineLoad().runs_beside(), 1);
  const MachineLoad load;
  if (const auto waited = load.waited()) EXPECT_GE(*waited, 0);
}

TEST(Teller, TellsHowFarARunIs) {
  const Ended ended = run_to_end(
      [] {
        elbo::host::Run run;
        run.train.max_epochs = 4;
        run.train.batch_size = 10;
        Teller teller(run, 100);
        Progress progress;
        progress.epoch = 1;
        progress.step = 5;
        teller.elbo(-12.5);
        teller.epoch(progress, 200);
        for (int i = 0; i < 100; ++i) teller.tick(progress, 200);
        return 0;
      },
      60s, never);
  const size_t line = ended.out.find('\n');
  const auto event = launch::event_from_line(ended.out.substr(0, line));
  ASSERT_TRUE(event) << ended.out;
  EXPECT_EQ(event->type, "epoch");
  EXPECT_DOUBLE_EQ(event->fraction, 1.5 / 4);
  EXPECT_DOUBLE_EQ(event->elbo, -12.5);
  EXPECT_DOUBLE_EQ(event->seconds_left, 250 / 200.);
  EXPECT_LT(std::count(ended.out.begin(), ended.out.end(), '\n'), 50) << "of 100 steps only some are told";
}

}  // namespace
}  // namespace elbo::host::worker
