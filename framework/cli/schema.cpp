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
    return fmt::print("elbo schema > elbo.schema.json\nPrints a JSON Schema of experiment files and of the options of the "
                      "plugins and data sets found, for editors.\n"), 0;
  if (!arguments.empty()) throw UserError("elbo schema: found '" + arguments[0] + "'; expected nothing after it");
  fmt::print("{}\n", experiment_schema(plugins::describe_usable(plugins::Registry(plugin_folders()).all()), dataset_names()).dump(1));
  return 0;
}

}  // namespace elbo::cli
