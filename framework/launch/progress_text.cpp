#include "launch/progress_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/display.hpp"
#include "base/text.hpp"
#include "log/collapse.hpp"

namespace elbo::launch {
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

std::string end_line(const std::string& name, const Result& result) {
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

}  // namespace elbo::launch
