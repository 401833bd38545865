#include "plugins/child.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <elbo/error.hpp>

namespace elbo::plugins {
namespace {

using namespace std::chrono_literals;

Ended shell(const std::string& script, std::chrono::milliseconds limit = 60s) {
  return run_child({"/bin/sh", "-c", script}, limit);
}

TEST(Child, GivesOutputAndCode) {
  const Ended ended = shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(WEXITSTATUS(ended.status), 3);
  EXPECT_EQ(ended.out, "out\n");
  EXPECT_EQ(ended.err, "err\n");
  EXPECT_FALSE(ended.timed_out);
}

TEST(Child, TakesMoreOutputThanAPipeHolds) {
  EXPECT_EQ(shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2").out.size(), 3000000u);
}

TEST(Child, ReadsNothing) { EXPECT_EQ(shell("cat; echo end").out, "end\n"); }

TEST(Child, IsKilledAtTheLimit) {
  const Ended ended = shell("exec sleep 600", 50ms);
  EXPECT_TRUE(ended.timed_out);
  EXPECT_EQ(WTERMSIG(ended.status), SIGKILL);
}

TEST(Child, MayCloseItsOutputAndLiveOn) { EXPECT_EQ(WEXITSTATUS(shell("exec >&- 2>&-; sleep 0.1; exit 4").status), 4); }

TEST(Child, MayLeaveAGrandchildWithItsOutput) { EXPECT_EQ(WEXITSTATUS(shell("sleep 5 & exit 5").status), 5); }

TEST(Child, SaysBySignal) { EXPECT_EQ(WTERMSIG(shell("kill -SEGV $$").status), SIGSEGV); }

TEST(Child, ThatCannotBeStarted) { EXPECT_THROW(run_child({"/nowhere/program"}, 1s), Error); }

}  // namespace
}  // namespace elbo::plugins
