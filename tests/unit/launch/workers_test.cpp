#include "launch/workers.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "base/files.hpp"
#include "base/process.hpp"
#include "scratch_folder.hpp"

namespace elbo::host::launch {
namespace fs = std::filesystem;
namespace {

/// What run.json holds is run by the shell, with the run's folder as $2: a worker that behaves as a test
/// wants it to.
fs::path shell_worker(const fs::path& folder) {
  const fs::path script = folder / "worker";
  std::ofstream(script) << "#!/bin/bash\n. \"$2/run.json\"\n";
  fs::permissions(script, fs::perms::owner_all);
  return script;
}

constexpr const char* finish = "echo log > $2/log.h5\n";
constexpr const char* wait_for_stop =
    "trap 'exit 85' INT\necho '{\"elbo-event\": \"started\"}'\nwhile true; do sleep 0.02; done\n";

struct Recorder : Watcher {
  void started(size_t job) override {
    running.insert(job);
    most_at_once = std::max(most_at_once, running.size());
  }
  void event(size_t, const Event& event) override {
    events.push_back(event);
    if (on_event) on_event(event);
  }
  void finished(size_t job, const WorkerResult&) override { running.erase(job); }
  void stopping(size_t workers) override { asked_to_stop.push_back(workers); }
  void tick() override {}

  std::set<size_t> running;
  size_t most_at_once = 0;
  std::vector<Event> events;
  std::vector<size_t> asked_to_stop;
  std::function<void(const Event&)> on_event;
};

class Workers : public testing::Test {
 protected:
  void add(const std::string& script, int64_t threads = 1) {
    jobs.push_back({RunFolder(scratch.path / std::to_string(jobs.size())), threads});
    jobs.back().folder.prepare(script);
  }
  std::vector<WorkerResult> run(size_t at_once = 2) { return run_workers(worker, jobs, at_once, watcher); }

  ScratchFolder scratch;
  fs::path worker = shell_worker(scratch.path);
  std::vector<Job> jobs;
  Recorder watcher;
};

}  // namespace

TEST_F(Workers, AFinishedRunIsMarkedDone) {
  add(std::string("echo '{\"elbo-event\": \"epoch\", \"epoch\": 2, \"epochs\": 4}'\n") + finish);
  const auto results = run();
  EXPECT_EQ(results.at(0).outcome, Outcome::done);
  EXPECT_EQ(jobs[0].folder.state(), RunState::done);
  ASSERT_EQ(watcher.events.size(), 1u);
  EXPECT_EQ(watcher.events[0].epoch, 2);
  EXPECT_EQ(read_file(jobs[0].folder.text()), "");
}

TEST_F(Workers, FreeTextOfBothStreamsGoesToLogTxt) {
  add(std::string("echo from a plugin\necho from the system >&2\nprintf unfinished\n") + finish);
  run();
  const std::string text = read_file(jobs[0].folder.text());
  for (const char* line : {"from a plugin\n", "from the system\n", "unfinished\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST_F(Workers, MoreOutputThanAPipeHoldsArrivesWhole) {
  add(std::string("for i in $(seq 20000); do echo line $i; done\n") + finish);
  EXPECT_EQ(run().at(0).outcome, Outcome::done);
  std::istringstream lines(read_file(jobs[0].folder.text()));
  int count = 0;
  for (std::string line; std::getline(lines, line);) EXPECT_EQ(line, "line " + std::to_string(++count));
  EXPECT_EQ(count, 20000);
}

TEST_F(Workers, ThreadLimitsReachTheWorker) {
  add(std::string("echo $OMP_NUM_THREADS $OPENBLAS_NUM_THREADS $MKL_NUM_THREADS\n") + finish, 3);
  run();
  EXPECT_EQ(read_file(jobs[0].folder.text()), "3 1 3\n");
}

TEST_F(Workers, ACrashIsNamedAndEndsItsOwnRunOnly) {
  add("echo about to fall >&2\nkill -SEGV $$\n");
  add(finish);
  const auto results = run();
  EXPECT_EQ(results[0].outcome, Outcome::failed);
  EXPECT_EQ(results[0].sentence, "crashed with signal 11 (Segmentation fault); its last words: about to fall");
  EXPECT_EQ(jobs[0].folder.failure(), results[0].sentence);
  EXPECT_EQ(results[1].outcome, Outcome::done);
}

TEST_F(Workers, TheWorkersOwnSentenceIsKept) {
  add("echo noise >&2\necho '{\"elbo-event\": \"failed\", \"message\": \"epoch 3: the loss is not "
      "finite\"}'\nexit 1\n");
  EXPECT_EQ(run().at(0).sentence, "epoch 3: the loss is not finite");
  EXPECT_EQ(jobs[0].folder.state(), RunState::failed);
}

TEST_F(Workers, AnExitWithoutASentenceGivesItsCodeAndLastWords) {
  add("for i in 1 2 3 4; do echo word $i; done\nexit 3\n");
  EXPECT_EQ(run().at(0).sentence, "exited with code 3; its last words: word 2 | word 3 | word 4");
}

TEST_F(Workers, ARunKilledFromOutsideIsTriedAgain) {
  add(std::string("mkdir $2/first && kill -KILL $$\n") + finish);
  EXPECT_EQ(run().at(0).outcome, Outcome::done);
  ASSERT_EQ(watcher.events.size(), 1u);
  EXPECT_EQ(watcher.events[0].message,
            "crashed with signal 9 (Killed); the system does that when memory runs out; trying again (1 of 3)");
}

TEST_F(Workers, WhatDoesNotPassIsRecordedAfterThreeMoreTries) {
  add("echo try >> $2/tries\necho '{\"elbo-event\": \"failed\", \"message\": \"the disk is full\"}'\nexit 75\n");
  add(finish);
  const auto results = run(1);
  EXPECT_EQ(results[0].outcome, Outcome::failed);
  EXPECT_EQ(jobs[0].folder.failure(), "the disk is full; it was tried 4 times");
  EXPECT_EQ(read_file(jobs[0].folder.path() / "tries"), "try\ntry\ntry\ntry\n");
  EXPECT_EQ(results[1].outcome, Outcome::done);
}

TEST_F(Workers, AStopEndsTheTrying) {
  add("exit 75\n");
  watcher.on_event = [](const Event&) { raise(SIGINT); };
  EXPECT_EQ(run().at(0).outcome, Outcome::not_started);
  EXPECT_EQ(jobs[0].folder.failure(), "");
}

TEST_F(Workers, SuccessWithoutALogIsAFailure) {
  add("exit 0\n");
  const auto results = run();
  EXPECT_EQ(results[0].outcome, Outcome::failed);
  EXPECT_NE(results[0].sentence.find("ended without a log.h5"), std::string::npos);
}

TEST_F(Workers, AMissingProgramIsAFailedRun) {
  add(finish);
  worker = scratch.path / "nowhere";
  EXPECT_EQ(run().at(0).sentence, worker.string() + ": cannot be started: No such file or directory");
}

TEST_F(Workers, NoMoreAtOnceThanAsked) {
  for (int i = 0; i < 5; ++i) add(finish);
  const auto results = run(2);
  EXPECT_EQ(watcher.most_at_once, 2u);
  EXPECT_TRUE(
      std::all_of(results.begin(), results.end(), [](const WorkerResult& r) { return r.outcome == Outcome::done; }));
}

TEST_F(Workers, AProcessLeftBehindDoesNotHoldTheRunUp) {
  add(std::string("sleep 600 & echo $! > $2/left\n") + finish);
  EXPECT_EQ(run().at(0).outcome, Outcome::done);
  kill(std::stoi(read_file(jobs[0].folder.path() / "left")), SIGKILL);
}

TEST_F(Workers, TheFirstInterruptStopsInOrderAndStartsNoMore) {
  add(wait_for_stop);
  add(finish);
  watcher.on_event = [](const Event&) { raise(SIGINT); };
  const auto results = run(1);
  EXPECT_EQ(results[0].outcome, Outcome::stopped);
  EXPECT_EQ(jobs[0].folder.state(), RunState::started);
  EXPECT_EQ(results[1].outcome, Outcome::not_started);
  EXPECT_EQ(jobs[1].folder.state(), RunState::fresh);
  EXPECT_EQ(watcher.asked_to_stop, std::vector<size_t>{1});
}

TEST_F(Workers, ARunThatFinishesWhileStoppingIsDone) {
  add(
      std::string("trap 'echo log > $2/log.h5; exit 0' INT TERM\necho '{\"elbo-event\": \"started\"}'\nwhile "
                  "true; do sleep 0.02; done\n"));
  watcher.on_event = [](const Event&) { raise(SIGTERM); };
  EXPECT_EQ(run().at(0).outcome, Outcome::done);
}

TEST_F(Workers, TheSecondInterruptKills) {
  add("trap 'echo {\\\"elbo-event\\\": \\\"deaf\\\"}' INT\necho '{\"elbo-event\": \"started\"}'\nwhile true; "
      "do sleep 0.02; done\n");
  watcher.on_event = [](const Event&) { raise(SIGINT); };
  const auto results = run();
  EXPECT_EQ(results[0].outcome, Outcome::stopped);
  EXPECT_EQ(results[0].sentence, "killed before a checkpoint");
  EXPECT_EQ(watcher.asked_to_stop.size(), 2u);
}

TEST_F(Workers, AKilledFrontLeavesNoWorker) {
  add("echo $$ > $2/pid.tmp; mv $2/pid.tmp $2/pid\nexec sleep 600\n");
  Process front([&] { return run(), 0; });
  const fs::path pid_file = jobs[0].folder.path() / "pid";
  while (!fs::exists(pid_file)) usleep(1000);
  const pid_t pid = std::stoi(read_file(pid_file));
  front.signal(SIGKILL);
  while (!front.wait_status()) usleep(1000);
  // The worker has another parent now, so its end shows in /proc: gone, or waiting for that parent to notice.
  const auto alive = [&] {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name, state;
    return static_cast<bool>(stat >> number >> name >> state) && state != "Z" && state != "X";
  };
  for (int i = 0; i < 5000 && alive(); ++i) usleep(1000);
  EXPECT_FALSE(alive());
}

}  // namespace elbo::host::launch
