#include "launch/run_folder.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "scratch_folder.hpp"

namespace elbo::host::launch {
namespace fs = std::filesystem;

TEST(RunFolder, StateFollowsTheFiles) {
  const ScratchFolder scratch;
  const RunFolder run(scratch.path / "a-seed1");
  EXPECT_EQ(run.state(), RunState::fresh);
  run.prepare("{}\n");
  EXPECT_EQ(run.state(), RunState::fresh);
  write_atomically(run.text(), "hello\n");
  EXPECT_EQ(run.state(), RunState::started);
  run.mark_failed("the loss is not finite");
  EXPECT_EQ(run.state(), RunState::failed);
  EXPECT_EQ(run.failure(), "the loss is not finite");
  write_atomically(run.log(), "log");
  run.mark_done(1.5);
  EXPECT_EQ(run.state(), RunState::done);
  EXPECT_EQ(run.failure(), "");
  fs::remove(run.log());
  EXPECT_EQ(run.state(), RunState::failed);
}

TEST(RunFolder, PreparingForgetsAnEarlierFailure) {
  const ScratchFolder scratch;
  const RunFolder run(scratch.path / "a-seed1");
  run.prepare("1");
  run.mark_failed("once");
  run.prepare("2");
  EXPECT_EQ(run.state(), RunState::fresh);
  EXPECT_EQ(read_file(run.path() / "run.json"), "2");
}

TEST(RunFolder, DoneCarriesTheHashOfTheLog) {
  const ScratchFolder scratch;
  const RunFolder run(scratch.path);
  EXPECT_THROW(run.mark_done(1), Error);
  EXPECT_FALSE(fs::exists(run.path() / "done.json"));
  write_atomically(run.log(), "some log");
  run.mark_done(2.5);
  const auto json = nlohmann::json::parse(read_file(run.path() / "done.json"));
  EXPECT_EQ(json.at("log_sha256"), sha256(std::string_view("some log")));
  EXPECT_EQ(json.at("seconds"), 2.5);
}

TEST(OutputFolder, BelowAFileIsRefusedAndNothingIsLeft) {
  const ScratchFolder scratch;
  write_atomically(scratch.path / "file", "x");
  try {
    make_output_folder(scratch.path / "file" / "below" / "deeper");
    FAIL() << "expected an error";
  } catch (const UserError& error) {
    EXPECT_EQ(error.what(),
              (scratch.path / "file/below/deeper").string() +
                  ": the output folder cannot be written: Not a directory; choose another with --out DIR");
  }
  EXPECT_THROW(make_output_folder(scratch.path / "file"), UserError);
  EXPECT_EQ(read_file(scratch.path / "file"), "x");
}

TEST(OutputFolder, ParentsAreMade) {
  const ScratchFolder scratch;
  make_output_folder(scratch.path / "a/b/c");
  make_output_folder(scratch.path / "a/b/c");
  EXPECT_TRUE(fs::is_directory(scratch.path / "a/b/c"));
}

TEST(FolderLock, ASecondProcessIsToldWhoHoldsIt) {
  const ScratchFolder scratch;
  const FolderLock lock(scratch.path);
  const std::atomic<bool> stop = false;
  const auto lock_again = [&] {
    try {
      const FolderLock second(scratch.path);
    } catch (const Error& error) {
      const std::string expected = "process " + std::to_string(getppid()) + " on ";
      return std::string(error.what()).find(expected) != std::string::npos ? 7 : 8;
    }
    return 9;
  };
  const int status = run_to_end(lock_again, std::chrono::minutes(1), stop).status;
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(FolderLock, IsNotWrittenThroughALink) {
  const ScratchFolder scratch;
  std::ofstream(scratch.path / "precious") << "mine";
  fs::create_symlink(scratch.path / "precious", scratch.path / "lock");
  EXPECT_THROW(FolderLock lock(scratch.path), Error);
  EXPECT_EQ(read_file(scratch.path / "precious"), "mine");
}

TEST(FolderLock, WhatADeadHostLeftHoldsNobodyUp) {
  const ScratchFolder scratch;
  write_atomically(scratch.path / "lock", "4711 a-host-that-lost-its-power\n");
  EXPECT_FALSE(is_locked(scratch.path));
  EXPECT_FALSE(lock_holder(scratch.path));
  const FolderLock lock(scratch.path);
  EXPECT_TRUE(is_locked(scratch.path));
  ASSERT_TRUE(lock_holder(scratch.path));
  EXPECT_EQ(lock_holder(scratch.path)->process, getpid());
  EXPECT_TRUE(lock_holder(scratch.path)->is_here);
}

TEST(FolderLock, IsFreeAgainAfterwards) {
  const ScratchFolder scratch;
  {
    const FolderLock lock(scratch.path);
  }
  EXPECT_NO_THROW(FolderLock{scratch.path});
}

}  // namespace elbo::host::launch
