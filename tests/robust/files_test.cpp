// Files that are cut short, cannot grow or vanish under a run.
#include <unistd.h>

#include "robust.hpp"

namespace elbo::host {
namespace {

namespace fs = std::filesystem;

class Files : public Robust {
 protected:
  void SetUp() override {
    Robust::SetUp();
    write("x.toml", small_experiment(6));
    const Said whole = elbo("run x.toml --out whole");
    ASSERT_EQ(whole.code, 0) << whole.out << whole.err;
  }

  /// A run whose worker died at this change to the file system.
  void leave_half_done(const std::string& out, int operation) {
    setenv("LD_PRELOAD", ELBO_DIES_AT, 1);
    setenv("ELBO_DIE_IN", "elbo-worker run", 1);
    setenv("ELBO_DIE_AT", std::to_string(operation).c_str(), 1);
    setenv("ELBO_DIE_ALL", "yes", 1);
    EXPECT_NE(elbo("run x.toml --out " + out).code, 0);
    for (const char* name : {"LD_PRELOAD", "ELBO_DIE_IN", "ELBO_DIE_AT", "ELBO_DIE_ALL"}) unsetenv(name);
  }

  /// As a user whom permissions bind; the tests may be run by root.
  std::unique_ptr<Process> begin_without_privileges(std::vector<std::string> words) const {
    if (geteuid() != 0) return begin(words);
    words.insert(words.begin(), {"--bounding-set=-dac_override,-dac_read_search", program});
    return std::make_unique<Process>("/usr/bin/setpriv", words, Environment{});
  }

  void expect_the_whole_result(const std::string& out, const std::string& what) {
    const Said again = elbo("run x.toml --out " + out);
    ASSERT_EQ(again.code, 0) << what << again.out << again.err;
    EXPECT_EQ(differences(run_in("whole"), run_in(out)), std::vector<std::string>()) << what;
  }
};

}  // namespace

TEST_F(Files, CutShortAtAnyPlaceTheyAreFallenBackFrom) {
  constexpr uintmax_t page = 4096;
  const auto has_two = [&] {
    return fs::exists(run_in("half") / "checkpoint.0") && fs::exists(run_in("half") / "checkpoint.1");
  };
  for (int operation = 300; operation == 300 || !has_two(); operation += 100) {
    ASSERT_LT(operation, 3000) << "no second checkpoint";
    fs::remove_all(scratch.path / "half");
    leave_half_done("half", operation);
  }
  for (const char* file : {"checkpoint.0", "checkpoint.1", "log.h5.partial"}) {
    const uintmax_t pages = fs::file_size(run_in("half") / file) / page;
    const uintmax_t step = static_cast<uintmax_t>(few_or(1, static_cast<int>(pages / 2 + 1)));
    for (uintmax_t cut = 0; cut <= pages; cut += step) {
      fs::remove_all(scratch.path / "cut");
      fs::copy(scratch.path / "half", scratch.path / "cut", fs::copy_options::recursive);
      fs::resize_file(run_in("cut") / file, cut * page);
      expect_the_whole_result("cut", std::string(file) + " cut to " + std::to_string(cut * page) + " bytes\n");
    }
  }
}

TEST_F(Files, AFullDiskFailsTheRunAndIsForgottenOnceThereIsRoom) {
  const Said limited = shell("(ulimit -f 64; '" + program + "' run x.toml --out full) 2>&1");
  EXPECT_EQ(limited.code, 1);
  EXPECT_TRUE(has(limited.out, "File too large")) << limited.out;
  expect_the_whole_result("full", "after the disk was full");
}

TEST_F(Files, AFolderRemovedDuringTheRunIsAFailureInWords) {
  const auto process = begin({"run", path("x.toml"), "--set", "train.max_epochs=2000", "--out", path("gone")});
  ASSERT_TRUE(wait_until(
      *process, [&] { return fs::exists(scratch.path / "gone") && fs::exists(run_in("gone") / "checkpoint.0"); }));
  std::error_code ignored;
  for (int tries = 0; tries < 100 && fs::exists(scratch.path / "gone"); ++tries)
    fs::remove_all(scratch.path / "gone", ignored);
  EXPECT_EQ(end_of(*process), 1) << said;
  EXPECT_TRUE(has(said, "No such file or directory")) << said;
}

TEST_F(Files, AReadOnlyFolderIsRefusedBeforeAnythingRuns) {
  fs::create_directory(scratch.path / "closed");
  fs::permissions(scratch.path / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  const auto process = begin_without_privileges({"run", path("x.toml"), "--out", path("closed/out")});
  EXPECT_EQ(end_of(*process), 2) << said;
  EXPECT_TRUE(
      has(said, "closed/out: the output folder cannot be written: Permission denied; choose another with --out DIR"))
      << said;
}

TEST_F(Files, AFolderThatBecomesReadOnlyFailsTheRunInWordsAndIsForgottenAfterwards) {
  const std::vector<std::string> command = {"run",   path("x.toml"), "--set", "train.max_epochs=400",
                                            "--out", path("closing")};
  const auto process = begin_without_privileges(command);
  ASSERT_TRUE(wait_until(*process, [&] {
    return fs::exists(scratch.path / "closing") && fs::exists(run_in("closing") / "checkpoint.0");
  }));
  const fs::path run = run_in("closing");
  fs::permissions(run, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(end_of(*process), 1) << said;
  EXPECT_TRUE(has(said, "Permission denied")) << said;
  fs::permissions(run, fs::perms::owner_all);
  ASSERT_EQ(end_of(*begin(command)), 0) << said;
  EXPECT_EQ(elbo("run x.toml --set train.max_epochs=400 --out undisturbed").code, 0);
  EXPECT_EQ(differences(run_in("undisturbed"), run), std::vector<std::string>());
}

TEST_F(Files, ARebuiltPluginIsNoticedAndNamed) {
  fs::copy_file(ELBO_BUILD_DIR "/lib/elbo/plugins/likelihood/bernoulli.so", scratch.path / "own.so");
  const std::string command = "run x.toml --out rebuilt --set likelihood.path=" + path("own.so");
  ASSERT_EQ(elbo(command).code, 0);
  std::ofstream(scratch.path / "own.so", std::ios::app) << "rebuilt";
  const Said again = elbo(command);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(has(again.out, "since the last time, likelihood:bernoulli was rebuilt (SHA-256 ")) << again.out;
  EXPECT_TRUE(has(again.out, "default: done")) << again.out;
}

TEST_F(Files, ARerunRebuildsTheExperimentFromTheLog) {
  const std::string log = (run_in("whole") / "log.h5").string();
  const Said rerun = elbo("rerun '" + log + "' --out again");
  EXPECT_EQ(rerun.code, 0) << rerun.out << rerun.err;
  EXPECT_TRUE(has(rerun.out, "numbers of the summary are the same, bit for bit")) << rerun.out;
  EXPECT_EQ(differences(run_in("whole"), run_in("again")), std::vector<std::string>());
}

TEST_F(Files, MergedResultsAreTheSameHoweverOftenTheyAreMerged) {
  const std::string first = read_file(scratch.path / "whole/results.h5");
  EXPECT_EQ(elbo("merge whole").code, 0);
  EXPECT_EQ(read_file(scratch.path / "whole/results.h5"), first);
  fs::remove(run_in("whole") / "done.json");
  const Said incomplete = elbo("merge whole");
  EXPECT_EQ(incomplete.code, 4);
  EXPECT_TRUE(has(incomplete.out, "0 done, 0 failed, 1 missing")) << incomplete.out;
}

TEST_F(Files, ALiveRunIsWatchedFromOutside) {
  const auto process = begin({"run", path("x.toml"), "--set", "train.max_epochs=1200", "--out", path("live")});
  ASSERT_TRUE(wait_until(*process, [&] {
    return fs::exists(scratch.path / "live/plan.json") && fs::exists(run_in("live") / "checkpoint.0");
  }));
  const Said status = elbo("status live --json");
  EXPECT_TRUE(has(status.out, "\"phase\": \"running\"")) << status.out;
  EXPECT_TRUE(has(status.out, "\"elbo\": ")) << status.out;
  for (int looks = 0; looks < 40 && fs::exists(run_in("live") / "log.h5.partial");
       ++looks) {  // some fall amid a flush of the log
    const Said look = elbo("status live --json");
    EXPECT_TRUE(has(look.out, "\"elbo\": ") || !has(look.out, "\"phase\": \"running\"")) << look.out;
  }
  const Said watched = elbo("watch live");
  EXPECT_EQ(watched.code, 0);
  EXPECT_TRUE(has(watched.out, "default: started")) << watched.out;
  EXPECT_TRUE(has(watched.out, " left, reconstruction -")) << watched.out;
  EXPECT_TRUE(has(watched.out, "default: done in ")) << watched.out;
  EXPECT_EQ(end_of(*process), 0) << said;
}

}  // namespace elbo::host
