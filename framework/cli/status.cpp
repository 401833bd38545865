// elbo status, watch and merge: how far an experiment has come, from its files.
#include <fmt/core.h>

#include <unistd.h>
#include <chrono>
#include <iostream>
#include <thread>

#include <elbo/error.hpp>

#include "cli/arguments.hpp"
#include "launch/progress.hpp"
#include "launch/status.hpp"
#include "launch/workers.hpp"

namespace elbo::cli {
namespace {

constexpr size_t most_lines = 20;

constexpr const char* status_help =
    "elbo status DIR [--json]\n"
    "How far the experiment in a folder has come, from its files alone: at any time, on any computer that sees them.\n"
    "  --json   every run, for programs\n";

// elbo watch DIR

constexpr auto between_looks = std::chrono::milliseconds(500);

constexpr const char* watch_help =
    "elbo watch DIR\n"
    "Shows how the runs in a folder are getting on, from another terminal or another computer, until all have ended.\n"
    "It only reads; Ctrl-C ends the watching, not the runs.\n";

// elbo merge DIR

constexpr int incomplete = 4;

constexpr const char* merge_help =
    "elbo merge DIR\n"
    "Writes DIR/results.h5: the summary of every run of the plan and a link to each log. elbo run does so by itself.\n"
    "The exit code is 4 when runs are missing or failed; they are listed, here and in the file.\n";

void print_first(const char* what, const std::vector<std::string>& runs) {
  constexpr size_t most_lines = 20;
  for (size_t i = 0; i < std::min(runs.size(), most_lines); ++i) fmt::print("  {}: {}\n", what, runs[i]);
  if (runs.size() > most_lines) fmt::print("  ... and {} more {}\n", runs.size() - most_lines, what);
}

}  // namespace

int status(const Arguments& arguments) {
  Options own;
  own.add_options()("json", "");
  const auto given = read_folder_words("status", status_help, arguments, own);
  if (!given) return 0;
  const launch::ExperimentStatus status = launch::read_status(folder_of("status", *given));
  fmt::print("{}", given->count("json") ? launch::status_json(status) : launch::status_text(status, most_lines));
  return 0;
}

int watch(const Arguments& arguments) {
  const auto given = read_folder_words("watch", watch_help, arguments);
  if (!given) return 0;
  const auto folder = folder_of("watch", *given);
  launch::LiveView view(folder, launch::style_of_stdout(), std::cout, launch::real_surroundings());
  const launch::StopSignals stop;
  while (view.look() && !stop.asked()) std::this_thread::sleep_for(between_looks);
  return 0;
}

int merge(const Arguments& arguments) {
  const auto given = read_folder_words("merge", merge_help, arguments);
  if (!given) return 0;
  const auto folder = folder_of("merge", *given);
  const launch::Merged merged = launch::merge_results(folder);
  fmt::print("{}: {} done, {} failed, {} missing\n", (folder / "results.h5").string(), merged.done,
             merged.failed.size(), merged.missing.size());
  print_first("failed", merged.failed);
  print_first("missing", merged.missing);
  return merged.failed.empty() && merged.missing.empty() ? 0 : incomplete;
}

}  // namespace elbo::cli
