// The verbs that read an experiment file and train nothing: elbo plan, explain, check; and elbo schema, which says what may stand in one.
#include <fmt/format.h>

#include <unistd.h>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/growing_plan.hpp"
#include "cli/output.hpp"
#include "cli/schedulers.hpp"
#include "data/dataset.hpp"
#include "plan/halving.hpp"
#include "plan/likelihood_checks.hpp"
#include "plan/plan.hpp"
#include "plan/schema.hpp"
#include "plan/show.hpp"
#include "plugins/probe.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace {

constexpr const char* plan_help =
    "elbo plan FILE [--set KEY=VALUE ...] [--json]\n"
    "Prints the runs of an experiment file with every default filled in, and what they cost; trains nothing.\n";
constexpr const char* explain_help =
    "elbo explain FILE [--set KEY=VALUE ...]\n"
    "Prints what each variant of an experiment file maximises, as a formula with the plugins' names in it.\n";
constexpr const char* check_help =
    "elbo check FILE [--set KEY=VALUE ...]\n"
    "Reports every mistake in an experiment file with its place, and trains the first steps of each variant on a few "
    "data points.\n"
    "elbo check --keys\n"
    "Prints every key that an experiment file may have, as a Markdown table.\n";
constexpr const char* schema_help =
    "elbo schema > elbo.schema.json\n"
    "Prints a JSON Schema of experiment files, with the data sets and the options of the plugins found, for editors.\n";

/// A description that cannot be read is named where it is used; until then any name goes.
std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  try {
    for (const data::Description& description : data::descriptions()) names.push_back(description.name);
  } catch (const UserError&) {
    names.clear();
  }
  return names;
}

/// Of seeds that are added until decided.
std::string at_most(const experiment::Experiment& experiment) {
  if (!experiment.seed_rule) return "";
  return fmt::format(" at the first look, at most {} until decided",
                     experiment.variants.size() * static_cast<size_t>(experiment.seed_rule->looks.back()));
}

int plan(const Arguments& arguments) {
  Options own;
  own.add_options()("json", "");
  const auto given = read_experiment_words("plan", plan_help, arguments, own);
  if (!given) return 0;
  plugins::Registry registry(plugin_folders());
  const auto experiment = read_experiment("plan", *given);
  const Plan plan = make_plan(experiment, registry);
  if (given->count("json")) return print("{}\n", json_text(plan)), 0;
  std::string more = at_most(experiment);
  if (!more.empty()) more = counted(plan.runs.size(), "run") + more + "\n";
  if (is_halving(plan)) more = halving_text(plan.trials) + "\n";
  print("{}{}{}\n\n{}{}\n{}", plan.experiment, plan.description.empty() ? "" : ": ", plan.description, runs_table(plan),
        more, settings_text(plan));
  return 0;
}

int explain(const Arguments& arguments) {
  const auto given = read_experiment_words("explain", explain_help, arguments);
  if (!given) return 0;
  plugins::Registry registry(plugin_folders());
  print("{}", explained(make_plan(read_experiment("explain", *given), registry)));
  return 0;
}

int check(const Arguments& arguments) {
  Options own;
  own.add_options()("keys", "");
  const auto given = read_experiment_words("check", check_help, arguments, own);
  if (!given) return 0;
  if (given->count("keys")) return print("{}", keys_table()), 0;
  const auto experiment = read_experiment("check", *given);
  plugins::Registry registry(plugin_folders());
  const Plan plan = make_plan(experiment, registry);
  check_precision(plan);
  const std::string audit = wrapped(likelihood_checks(plan, registry), terminal_width(STDOUT_FILENO, 0));
  std::vector<std::string> untried;
  try {
    untried = try_first_steps(experiment, plan);
  } catch (const UserError&) {
    print("{}", audit);  // it may say why
    throw;
  }
  print("{}: ok, {} ({} x {}){}\n", experiment.file.string(), counted(plan.runs.size(), "run"),
        counted(experiment.variants.size(), experiment.search ? "trial" : "variant"),
        counted(experiment.seeds.size(), "seed"), at_most(experiment));
  if (is_halving(plan)) print("{}\n", halving_text(plan.trials));
  for (const std::string& sentence : untried) print("note: {}\n", sentence);
  print("{}", audit);
  return 0;
}

int schema(const Arguments& arguments) {
  if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) return print("{}", schema_help), 0;
  if (!arguments.empty()) throw UserError("elbo schema: found '" + arguments[0] + "'; expected nothing after it");
  const auto usable = plugins::describe_usable(plugins::Registry(plugin_folders()).all());
  print("{}\n", experiment_schema(usable, dataset_names()).dump(1));
  return 0;
}

}  // namespace

std::vector<Verb> verbs_of_plan() {
  return {
      {"plan", "FILE", "print the runs with every default filled in; train nothing", plan, 20},
      {"explain", "FILE", "print what each variant maximises, as a formula", explain, 30},
      {"check", "FILE", "find every mistake in an experiment file", check, 40},
      {"schema", "", "print a JSON Schema of experiment files, for editors", schema, 170},
  };
}

}  // namespace elbo::host::cli
