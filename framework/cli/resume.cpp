// elbo resume DIR
#include <fmt/core.h>

#include <elbo/error.hpp>

#include "cli/device.hpp"
#include "cli/folder_arguments.hpp"
#include "cli/run_plan.hpp"
#include "cli/submit.hpp"
#include "launch/run_folder.hpp"

namespace elbo::cli {
namespace {

constexpr const char* resume_help =
    "elbo resume DIR [--failed] [--jobs N] [--device NAME] [--cancel]\n"
    "Goes on with the experiment in a folder: all runs of its plan that are not done, have not failed and are in "
    "nobody's\n"
    "hands; where it was begun, here or in the queue. Safe at any time, by anybody, after anything.\n"
    "  --failed  the failed runs as well\n"
    "  --jobs N  runs at once on this machine (default: as when it was begun)\n"
    "  --device  cpu, cuda or auto, for what is still to be done; runs go on wherever they began\n"
    "  --cancel  take back what is queued, or stop what is running, instead\n";

}  // namespace

int resume(const Arguments& arguments) {
  boost::program_options::options_description own;
  own.add_options()("failed", "")("cancel", "")("jobs", boost::program_options::value<int64_t>());
  add_device_option(own);
  const auto given = read_folder_arguments("resume", resume_help, arguments, own);
  if (!given) return 0;
  const auto out = folder_of("resume", *given);
  Plan plan = read_plan(out / "plan.json");
  choose_device("resume", *given, plan);
  const EngineChoice engine = stored_engine(out);
  if (given->count("cancel")) return make_engine(engine.name)->cancel(out), 0;
  const int64_t jobs = jobs_of("resume", *given, engine);
  const launch::FolderLock lock(out);
  if (!engine.is_local()) return submit(plan, out, engine, given->count("failed") > 0);
  check_devices(plan, out);
  check_data(plan, out);
  return run_plan(plan, out,
                  {.jobs = jobs, .failed_too = given->count("failed") > 0, .command = "elbo resume " + out.string()});
}

}  // namespace elbo::cli
