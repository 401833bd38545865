#include "cli/plugins_new.hpp"

#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "base/text.hpp"
#include "plugins/new_plugin.hpp"
#include "plugins/registry.hpp"

namespace elbo::cli {
namespace {

/// Two plugins of one name would have to be told apart by path in every experiment.
void refuse_known_name(const std::string& kind, const std::string& name) {
  const plugins::Registry registry(plugin_folders());
  for (const plugins::Found& found : registry.all())
    if (found.kind == kind && found.name == name)
      throw UserError(
          fmt::format("{}:{}: there is such a plugin already ({}); expected a name of its own; choose another", kind,
                      name, found.path.string()));
}

}  // namespace

int new_plugin(const std::vector<std::string>& words) {
  if (words.size() < 2 || words.size() > 3)
    throw UserError("elbo plugins new: found '" + join(words, " ") +
                    "' after it; expected KIND NAME [DIR], as in likelihood my_noise");
  const plugins::NewPlugin plugin{words[0], words[1], words.size() == 3 ? words[2] : words[1]};
  refuse_known_name(plugin.kind, plugin.name);
  plugins::write_new_plugin(plugin, template_folder(), program_folder().parent_path());
  fmt::print(
      "{0} is in {1}\n\n"
      "  cd {1}\n"
      "  cmake --workflow --preset default     builds it and checks it\n"
      "  elbo run compare.toml                 trains it beside a shipped one and compares them\n",
      plugin.name + ".cpp", plugin.folder.string());
  return 0;
}

}  // namespace elbo::cli
