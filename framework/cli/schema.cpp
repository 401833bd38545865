// elbo schema: the JSON Schema of experiment files, with the plugins found.
#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "cli/verbs.hpp"
#include "plan/schema.hpp"
#include "plugins/probe.hpp"

namespace elbo::cli {
namespace {

/// All that can be used. One that cannot is left out here; `elbo plugins list` says why.
std::vector<plugins::Description> usable_plugins() {
  const plugins::Registry registry(plugin_folders());
  std::vector<plugins::Found> sound;
  for (const plugins::Found& found : registry.all())
    if (found.fault.empty()) sound.push_back(found);
  try {
    return plugins::describe_all(sound);
  } catch (const UserError&) {
    std::vector<plugins::Description> each;
    for (const plugins::Found& found : sound) {
      try {
        each.push_back(registry.describe(found));
      } catch (const UserError&) {
        continue;
      }
    }
    return each;
  }
}

}  // namespace

int schema(const Arguments& arguments) {
  if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h"))
    return fmt::print("elbo schema > elbo.schema.json\nPrints a JSON Schema of experiment files and of the options of the "
                      "plugins found, for editors.\n"), 0;
  if (!arguments.empty()) throw UserError("elbo schema: found '" + arguments[0] + "'; expected nothing after it");
  fmt::print("{}\n", experiment_schema(usable_plugins()).dump(1));
  return 0;
}

}  // namespace elbo::cli
