#include "launch/progress.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/display.hpp"

namespace elbo::host::launch {
namespace {

const Event halfway{.type = "epoch",
                    .epoch = 5,
                    .epochs = 10,
                    .fraction = 0.5,
                    .elbo = -235.123,
                    .has_elbo = true,
                    .per_second = 8300,
                    .seconds_left = 65,
                    .message = ""};

struct Display {
  explicit Display(ProgressDisplay::Style style)
      : progress({"gaussian", "laplace"}, style, out, {[this] { return now; }, [] { return size_t{60}; }}) {}
  std::string take() {
    std::string text = out.str();
    out.str("");
    return text;
  }
  double now = 100;
  std::ostringstream out;
  ProgressDisplay progress;
};

}  // namespace

TEST(ProgressText, ALineSaysEpochElboSpeedAndTimeLeft) {
  EXPECT_EQ(run_line("gaussian", 10, halfway, 200),
            "gaussian     epoch  5/10   elbo   -235.12   8.3k images/s   1 m 05 s left");
  EXPECT_EQ(plain_line("gaussian", halfway), "gaussian: epoch 5/10, elbo -235.12, 8.3k images/s, 1 m 05 s left");
  EXPECT_EQ(plain_line("gaussian", Event{.type = "started", .message = ""}), "gaussian: starting");
}

TEST(ProgressText, WhatWasReadFromALogAlsoSaysItsTerms) {
  Event event = halfway;
  event.terms = {-210.123, 25.0};
  EXPECT_EQ(plain_line("gaussian", event),
            "gaussian: epoch 5/10, elbo -235.12, 8.3k images/s, 1 m 05 s left, reconstruction -210.12, kl 25.00");
}

TEST(ProgressText, LinesAreCutToTheTerminal) {
  for (size_t width : {1, 5, 20, 40}) EXPECT_EQ(display_width(run_line("größer", 6, halfway, width)), width);
  EXPECT_EQ(display_width(total_line(1, 4, 0.25, 30, 10)), 10u);
}

TEST(ProgressText, TheTotalBarGrows) {
  EXPECT_EQ(total_line(0, 4, 0, -1, 200), "[------------------------]   0 of 4 runs   0 %");
  EXPECT_EQ(total_line(2, 4, 0.5, 61, 200), "[############------------]   2 of 4 runs   50 %   1 m 01 s left");
  EXPECT_EQ(total_line(4, 4, 1.7, 0, 200), "[########################]   4 of 4 runs   100 %   0 s left");
}

TEST(ProgressText, EndsAreNamed) {
  EXPECT_EQ(end_line("a", {Outcome::done, "", 12}), "a: done in 12 s");
  EXPECT_EQ(end_line("a", {Outcome::failed, "crashed", 1}), "a: failed: crashed");
  EXPECT_EQ(end_line("a", {Outcome::stopped, "", 1}), "a: stopped");
  EXPECT_EQ(end_line("a", {Outcome::stopped, "killed before a checkpoint", 1}), "a: killed before a checkpoint");
}

TEST(Progress, PlainLinesComeAtMostEveryTenSecondsARun) {
  Display display(ProgressDisplay::Style::plain);
  display.progress.started(0);
  display.progress.event(0, halfway);
  EXPECT_EQ(display.take(), "gaussian: started\ngaussian: epoch 5/10, elbo -235.12, 8.3k images/s, 1 m 05 s left\n");
  display.now += 9;
  display.progress.event(0, halfway);
  display.progress.tick();
  EXPECT_EQ(display.take(), "");
  display.progress.event(1, halfway);  // the other run has a line of its own
  EXPECT_EQ(display.take().rfind("laplace: epoch", 0), 0u);
  display.now += 2;
  display.progress.event(0, halfway);
  EXPECT_EQ(display.take().rfind("gaussian: epoch", 0), 0u);
  display.progress.finished(0, {Outcome::done, "", 21});
  EXPECT_EQ(display.take(), "gaussian: done in 21 s\n");
}

TEST(Progress, PlainOutputHasNoControlCharacters) {
  Display display(ProgressDisplay::Style::plain);
  display.progress.started(0);
  display.progress.event(0, halfway);
  display.progress.stopping(1);
  display.progress.finished(0, {Outcome::stopped, "", 1});
  EXPECT_EQ(display.take().find('\x1b'), std::string::npos);
}

TEST(Progress, TheTerminalIsRedrawnInPlaceAtMostTenTimesASecond) {
  Display display(ProgressDisplay::Style::live);
  display.progress.started(0);
  display.progress.started(1);
  display.progress.event(0, halfway);
  display.progress.tick();
  const std::string first = display.take();
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 3);  // two runs and the bar
  display.now += 0.05;
  display.progress.tick();
  EXPECT_EQ(display.take(), "");
  display.now += 0.06;
  display.progress.tick();
  EXPECT_EQ(display.take().rfind("\x1b[3A\r\x1b[J", 0), 0u);
}

TEST(Progress, TheTimeLeftCountsOnlyWhatThisCommandDid) {
  Display display(ProgressDisplay::Style::live);
  display.progress.started(0);
  display.progress.event(0, halfway);  // an earlier command came that far
  display.now += 10;
  Event later = halfway;
  later.fraction = 0.75;
  display.progress.event(0, later);
  display.progress.tick();
  const std::string shown = display.take();
  EXPECT_NE(shown.find("50 s left"), std::string::npos) << shown;  // 1/8 of both runs in 10 s, and 5/8 are left
}

TEST(Progress, TheCursorComesBack) {
  std::ostringstream out;
  {
    ProgressDisplay progress({"a"}, ProgressDisplay::Style::live, out, {[] { return 0.0; }, [] { return size_t{80}; }});
    EXPECT_EQ(out.str(), "\x1b[?25l");
  }
  EXPECT_EQ(out.str(), "\x1b[?25l\x1b[?25h");
}

TEST(Progress, TheLastElboStaysWhenAnEventHasNone) {
  Display display(ProgressDisplay::Style::plain);
  display.progress.event(0, halfway);
  display.take();
  display.progress.event(0, {.type = "evaluating", .epoch = 10, .epochs = 10, .message = ""});
  EXPECT_EQ(display.take(), "gaussian: evaluating, elbo -235.12\n");
  display.progress.event(0, {.type = "evaluating", .epoch = 10, .epochs = 10, .message = ""});
  EXPECT_EQ(display.take(), "");
}

}  // namespace elbo::host::launch
