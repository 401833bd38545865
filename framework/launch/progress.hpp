// Shows how the runs are getting on: redrawn in place on a terminal, plain lines anywhere else.
#pragma once
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "launch/workers.hpp"

namespace elbo::host::launch {

class ProgressDisplay : public Watcher {
 public:
  enum class Style { live, plain };

  /// What it asks of the world, so that it can be tried without a terminal or a clock.
  struct Surroundings {
    std::function<double()> seconds;  // of a steady clock
    std::function<size_t()> width;    // columns of the terminal now
  };

  ProgressDisplay(std::vector<std::string> names, Style style, std::ostream& out, Surroundings surroundings);
  /// Gives the terminal its cursor back.
  ~ProgressDisplay() override;

  void started(size_t job) override;
  void event(size_t job, const Event& event) override;
  void finished(size_t job, const WorkerResult& result) override;
  void stopping(size_t workers) override;
  void tick() override;

 private:
  struct Run {
    std::string name, shown;  // shown: where there is little room
    bool running = false, finished = false;
    Event last;
    double last_printed = -1e9;  // plain lines only
    double done_before = -1;     // the share of it that an earlier command did; negative until it says how far it is
  };
  void say(const std::string& line);
  void draw();
  void erase();
  double fraction() const;
  double fraction_done_before() const;

  std::vector<Run> runs_;
  Style style_;
  std::ostream& out_;
  Surroundings world_;
  size_t name_width_ = 0;
  size_t drawn_lines_ = 0;
  double start_ = 0, last_drawn_ = -1e9;
};

/// live when standard output is a terminal and CI is not set.
ProgressDisplay::Style style_of_stdout();
/// The real clock and the width of standard output's terminal.
ProgressDisplay::Surroundings real_surroundings();

/// "gaussian   epoch  12/100   elbo -235.12   8.3k images/s   1 m 05 s left", cut to `width` columns.
std::string run_line(const std::string& name, size_t name_width, const Event& event, size_t width);
/// "[######--------------]   2 of 4 runs   40 %   1 m 05 s left", cut to `width` columns; seconds_left < 0:
/// not known.
std::string total_line(size_t finished, size_t runs, double fraction, double seconds_left, size_t width);
/// "gaussian: epoch 12/100, elbo -235.12, 8.3k images/s, 1 m 05 s left"
std::string plain_line(const std::string& name, const Event& event);
/// "gaussian: done in 12 s", "gaussian: failed: <sentence>", "gaussian: stopped"
std::string end_line(const std::string& name, const WorkerResult& result);

}  // namespace elbo::host::launch
