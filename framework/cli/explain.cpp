#include "plan/explain.hpp"

#include <fmt/format.h>

#include "base/paths.hpp"
#include "cli/experiment_arguments.hpp"

namespace elbo::cli {
namespace po = boost::program_options;

int explain(const Arguments& arguments) {
  po::options_description own;
  own.add_options()("help", "print this");
  const auto given = read_arguments("explain", arguments, own);
  if (given.count("help")) {
    fmt::print(
        "elbo explain FILE [--set KEY=VALUE ...]\nPrints what each variant of an experiment file maximises, as a "
        "formula with "
        "the plugins' names in it.\n");
    return 0;
  }
  const auto experiment = read_experiment("explain", given);
  plugins::Registry registry(plugin_folders());
  fmt::print("{}", explained(make_plan(experiment, registry)));
  return 0;
}

}  // namespace elbo::cli
