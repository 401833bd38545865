// elbo schema: the JSON Schema of experiment files, with the plugins and data sets found.
#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "cli/verbs.hpp"
#include "data/dataset.hpp"
#include "plan/schema.hpp"
#include "plugins/probe.hpp"

namespace elbo::cli {
namespace {

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

}  // namespace

int schema(const Arguments& arguments) {
  if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h"))
    return fmt::print("{}", schema_help), 0;
  if (!arguments.empty()) throw UserError("elbo schema: found '" + arguments[0] + "'; expected nothing after it");
  const auto usable = plugins::describe_usable(plugins::Registry(plugin_folders()).all());
  fmt::print("{}\n", experiment_schema(usable, dataset_names()).dump(1));
  return 0;
}

}  // namespace elbo::cli
