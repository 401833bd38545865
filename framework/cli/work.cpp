// elbo work BATCH --task T: what a job of a queue calls; not meant to be typed.
#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "base/process.hpp"
#include "cli/folder_arguments.hpp"
#include "launch/local.hpp"
#include "launch/protocol.hpp"
#include "launch/stop_signals.hpp"

namespace elbo::cli {
using namespace launch;
namespace {

constexpr const char* work_help =
    "elbo work BATCH --task T [--items-per-task M]\n"
    "What a job of a queue calls: does the T-th share of the runs in a batch.\n";

/// Time is up, but not for good. After SIGTERM nothing is asked: whoever sent it has decided, or starts it again itself.
void ask_for_another_turn() {
  const char* job = std::getenv("SLURM_JOB_ID");
  if (!job || StopSignals::first() != SIGUSR1) return;
  try {
    run_to_end({"scontrol", "requeue", job}, std::chrono::seconds(30));
  } catch (const Error& error) {
    fmt::print(stderr, "elbo: {}\n", error.what());  // elbo resume will submit it
  }
}

}  // namespace

int work(const Arguments& arguments) {
  namespace po = boost::program_options;
  po::options_description own;
  own.add_options()("task", po::value<size_t>()->default_value(0))("items-per-task",
                                                                   po::value<int64_t>()->default_value(1));
  const auto given = read_folder_arguments("work", work_help, arguments, own);
  if (!given) return ExitCode::done;
  const Batch batch = read_batch(folder_of("work", *given));
  const Batch task =
      batch.of_task((*given)["task"].as<size_t>(), std::max<int64_t>(1, (*given)["items-per-task"].as<int64_t>()));
  const Submission end = Local(worker_program(), Progress::Style::plain).submit(task, {.throttle = 1});
  if (end.stopped) return ask_for_another_turn(), ExitCode::again;
  return end.failed ? ExitCode::failed : ExitCode::done;
}

}  // namespace elbo::cli
