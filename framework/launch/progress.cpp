#include "launch/progress.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/display.hpp"
#include "base/text.hpp"
#include "log/collapse.hpp"

namespace elbo::host::launch {
namespace {

constexpr size_t bar_columns = 24;

std::string rate(double per_second) {
  if (per_second < 1e3) return fmt::format("{:.0f} images/s", per_second);
  return per_second < 1e6 ? fmt::format("{:.1f}k images/s", per_second / 1e3)
                          : fmt::format("{:.1f}M images/s", per_second / 1e6);
}

std::string bar(double fraction) {
  const auto full = static_cast<size_t>(std::lround(std::clamp(fraction, 0.0, 1.0) * bar_columns));
  return "[" + std::string(full, '#') + std::string(bar_columns - full, '-') + "]";
}

/// What is known of a running run; `aligned` keeps the columns of lines above each other in place.
std::vector<std::string> parts_of(const Event& event, bool aligned) {
  std::vector<std::string> parts;
  const size_t digits = aligned ? std::to_string(event.epochs).size() : 0;
  if (event.type == "evaluating") parts.push_back("evaluating");
  else if (event.epochs > 0) parts.push_back(fmt::format("epoch {:>{}}/{}", event.epoch, digits, event.epochs));
  else parts.push_back("starting");
  if (event.has_elbo) parts.push_back(fmt::format("elbo {:{}.2f}", event.elbo, aligned ? 9 : 0));
  if (event.per_second > 0) parts.push_back(rate(event.per_second));
  if (event.seconds_left >= 0) parts.push_back(duration(event.seconds_left) + " left");
  if (event.terms) {
    parts.push_back(fmt::format("reconstruction {:.2f}", event.terms->first));
    parts.push_back(
        fmt::format("kl {:.2f}{}", event.terms->second, log::is_collapsed(event.terms->second) ? " (collapsed)" : ""));
  }
  return parts;
}

constexpr double seconds_between_draws = 0.1;
constexpr double seconds_between_plain_lines = 10;
constexpr size_t longest_name = 32;

constexpr const char* hide_cursor = "\x1b[?25l";
constexpr const char* show_cursor = "\x1b[?25h";

}  // namespace

std::string run_line(const std::string& name, size_t name_width, const Event& event, size_t width) {
  return cut_to_width(pad_to_width(name, name_width) + "   " + join(parts_of(event, true), "   "), width);
}

std::string total_line(size_t finished, size_t runs, double fraction, double seconds_left, size_t width) {
  std::string line =
      fmt::format("{}   {} of {} runs   {:.0f} %", bar(fraction), finished, runs, 100 * std::clamp(fraction, 0.0, 1.0));
  if (seconds_left >= 0) line += "   " + duration(seconds_left) + " left";
  return cut_to_width(line, width);
}

std::string plain_line(const std::string& name, const Event& event) {
  return name + ": " + join(parts_of(event, false));
}

std::string end_line(const std::string& name, const WorkerResult& result) {
  const std::string reason = result.sentence.empty() ? "" : ": " + result.sentence;
  switch (result.outcome) {
    case Outcome::done:
      return fmt::format("{}: done in {}", name, duration(result.seconds));
    case Outcome::failed:
      return name + ": failed" + reason;
    case Outcome::stopped:
      return name + ": " + (result.sentence.empty() ? "stopped" : result.sentence);
    case Outcome::not_started:
    case Outcome::transient:
      break;
  }
  return name + ": not started" + reason;
}

ProgressDisplay::ProgressDisplay(std::vector<std::string> names, Style style, std::ostream& out,
                                 Surroundings surroundings)
    : style_(style), out_(out), world_(std::move(surroundings)), start_(world_.seconds()) {
  const std::vector<std::string> shown = short_names(names, longest_name);
  for (size_t i = 0; i < names.size(); ++i) {
    name_width_ = std::max(name_width_, display_width(shown[i]));
    runs_.push_back({.name = std::move(names[i]), .shown = shown[i], .last = {}});
  }
  if (style_ == Style::live) out_ << hide_cursor << std::flush;
}

ProgressDisplay::~ProgressDisplay() {
  erase();
  if (style_ == Style::live) out_ << show_cursor << std::flush;
}

void ProgressDisplay::started(size_t job) {
  runs_[job].running = true;
  if (style_ == Style::plain) say(runs_[job].name + ": started");
}

void ProgressDisplay::event(size_t job, const Event& event) {
  Run& run = runs_[job];
  if (event.type == "failed" || event.type == "stopped" || event.type == "done")
    return;  // its end says more, a moment later
  if (event.type == "warning" || event.type == "remark") return say(run.name + ": " + event.message);
  if (run.done_before < 0) run.done_before = std::clamp(event.fraction, 0.0, 1.0);
  const Event before = std::exchange(run.last, event);
  if (!event.has_elbo) run.last.elbo = before.elbo, run.last.has_elbo = before.has_elbo, run.last.terms = before.terms;
  if (style_ == Style::live) return;
  const bool due = world_.seconds() - run.last_printed >= seconds_between_plain_lines;
  const bool worth_a_line = event.type == "epoch" || event.type == "evaluating";
  const bool begins_evaluating = event.type == "evaluating" && before.type != "evaluating";
  if (begins_evaluating || (worth_a_line && due)) {
    run.last_printed = world_.seconds();
    say(plain_line(run.name, run.last));
  }
}

void ProgressDisplay::finished(size_t job, const WorkerResult& result) {
  runs_[job].running = false;
  runs_[job].finished = result.outcome == Outcome::done || result.outcome == Outcome::failed;
  say(end_line(runs_[job].name, result));
}

void ProgressDisplay::stopping(size_t workers) {
  say(fmt::format("stopping: waiting for {} {} to write a checkpoint; Ctrl-C again kills {}", workers,
                  workers == 1 ? "run" : "runs", workers == 1 ? "it" : "them"));
}

void ProgressDisplay::tick() {
  if (style_ == Style::plain || world_.seconds() - last_drawn_ < seconds_between_draws) return;
  last_drawn_ = world_.seconds();
  erase();
  draw();
}

/// A line that stays, above what is redrawn.
void ProgressDisplay::say(const std::string& line) {
  erase();
  out_ << wrapped(line, style_ == Style::live ? world_.width() : 0) << '\n' << std::flush;
}

void ProgressDisplay::erase() {
  if (drawn_lines_ == 0) return;
  out_ << fmt::format("\x1b[{}A\r\x1b[J", drawn_lines_) << std::flush;
  drawn_lines_ = 0;
}

void ProgressDisplay::draw() {
  const size_t width = world_.width();
  for (const Run& run : runs_)
    if (run.running) {
      out_ << run_line(run.shown, name_width_, run.last, width) << '\n';
      ++drawn_lines_;
    }
  const double share = fraction(), elapsed = world_.seconds() - start_;
  const double gained = share - fraction_done_before();
  const bool guessable = gained > 0.01 && elapsed > 1;
  const auto finished = std::count_if(runs_.begin(), runs_.end(), [](const Run& run) { return run.finished; });
  out_ << total_line(static_cast<size_t>(finished), runs_.size(), share,
                     guessable ? elapsed * (1 - share) / gained : -1, width)
       << '\n';
  ++drawn_lines_;
  out_ << std::flush;
}

double ProgressDisplay::fraction() const {
  double sum = 0;
  for (const Run& run : runs_) sum += run.finished ? 1.0 : std::clamp(run.last.fraction, 0.0, 1.0);
  return runs_.empty() ? 1.0 : sum / static_cast<double>(runs_.size());
}

double ProgressDisplay::fraction_done_before() const {
  double sum = 0;
  for (const Run& run : runs_) sum += std::max(0.0, run.done_before);
  return runs_.empty() ? 0.0 : sum / static_cast<double>(runs_.size());
}

ProgressDisplay::Style style_of_stdout() {
  const char* ci = std::getenv("CI");
  return isatty(STDOUT_FILENO) && !(ci && *ci) ? ProgressDisplay::Style::live : ProgressDisplay::Style::plain;
}

ProgressDisplay::Surroundings real_surroundings() {
  const auto seconds = [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  };
  // The last column stays free: writing it makes some terminals break the line.
  return {seconds, [] { return terminal_width(STDOUT_FILENO, 80) - 1; }};
}

}  // namespace elbo::host::launch
