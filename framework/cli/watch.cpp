// elbo watch DIR
#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "cli/folder_arguments.hpp"
#include "launch/live_view.hpp"
#include "launch/progress.hpp"
#include "launch/stop_signals.hpp"

namespace elbo::cli {
namespace {

constexpr auto between_looks = std::chrono::milliseconds(500);

constexpr const char* watch_help =
    "elbo watch DIR\n"
    "Shows how the runs in a folder are getting on, from another terminal or another computer, until all have ended.\n"
    "It only reads; Ctrl-C ends the watching, not the runs.\n";

}  // namespace

int watch(const Arguments& arguments) {
  const auto given = read_folder_arguments("watch", watch_help, arguments);
  if (!given) return 0;
  const auto folder = folder_of("watch", *given);
  launch::LiveView view(folder, launch::style_of_stdout(), std::cout, launch::real_surroundings());
  const launch::StopSignals stop;
  while (view.look() && !stop.asked()) std::this_thread::sleep_for(between_looks);
  return 0;
}

}  // namespace elbo::cli
