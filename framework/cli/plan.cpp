#include "plan/plan.hpp"

#include <fmt/format.h>

#include "base/paths.hpp"
#include "cli/experiment_arguments.hpp"
#include "plan/show.hpp"

namespace elbo::cli {
namespace po = boost::program_options;

int plan(const Arguments& arguments) {
  po::options_description own;
  own.add_options()("json", "print the plan as JSON")("help", "print this");
  const auto given = read_arguments("plan", arguments, own);
  if (given.count("help")) {
    fmt::print(
        "elbo plan FILE [--set KEY=VALUE ...] [--json]\nPrints the runs of an experiment file with every default "
        "filled in, and what they cost; trains nothing.\n");
    return 0;
  }
  const auto experiment = read_experiment("plan", given);
  plugins::Registry registry(plugin_folders());
  const Plan plan = make_plan(experiment, registry);
  if (given.count("json")) {
    fmt::print("{}\n", to_json(plan).dump(2));
    return 0;
  }
  fmt::print("{}{}{}\n\n{}\n{}", plan.experiment, plan.description.empty() ? "" : ": ", plan.description,
             runs_table(plan), settings_text(plan));
  return 0;
}

}  // namespace elbo::cli
