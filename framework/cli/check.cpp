#include <fmt/format.h>
#include <unistd.h>

#include "base/display.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/device.hpp"
#include "cli/experiment_arguments.hpp"
#include "cli/likelihood_checks.hpp"
#include "plan/first_steps.hpp"
#include "plan/plan.hpp"
#include "plan/show.hpp"

namespace elbo::cli {
namespace po = boost::program_options;

int check(const Arguments& arguments) {
  po::options_description own;
  own.add_options()("keys", "print every key")("help", "print this");
  const auto given = read_arguments("check", arguments, own);
  if (given.count("help")) {
    fmt::print(
        "elbo check FILE [--set KEY=VALUE ...]\nReports every mistake in an experiment file with its place, and trains "
        "the first steps of each variant on a few data points.\n"
        "elbo check --keys\nPrints every key that an experiment file may have, as a Markdown table.\n");
    return 0;
  }
  if (given.count("keys")) {
    fmt::print("{}", keys_table());
    return 0;
  }
  const auto experiment = read_experiment("check", given);
  plugins::Registry registry(plugin_folders());
  const Plan plan = make_plan(experiment, registry);
  check_precision(plan);
  const auto untried = try_first_steps(experiment, plan);
  fmt::print("{}: ok, {} ({} x {})\n", experiment.file.string(), counted(plan.runs.size(), "run"),
             counted(experiment.variants.size(), "variant"), counted(experiment.seeds.size(), "seed"));
  for (const std::string& sentence : untried) fmt::print("note: {}\n", sentence);
  fmt::print("{}", wrapped(checks_text(plan, registry), terminal_width(STDOUT_FILENO, 0)));
  return 0;
}

}  // namespace elbo::cli
