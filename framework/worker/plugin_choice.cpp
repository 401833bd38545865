#include "worker/plugin_choice.hpp"

#include "base/value_json.hpp"
#include "model/load_plugin.hpp"
#include "plugins/inspect.hpp"

namespace elbo::worker {

PluginChoice choice_of_file(const std::string& file, const std::string& settings,
                            const std::vector<std::string>& parts) {
  const plugins::Found found = plugins::inspect(file, "", "");
  PluginChoice choice;
  choice.kind = found.kind;
  choice.name = found.name;
  choice.path = file;
  if (const auto given = nlohmann::ordered_json::parse(settings); !given.empty())
    choice.settings = settings_from_json(given, plugins::options_of_plugin(choice));
  for (const std::string& part : parts) choice.parts.push_back({"", {}, choice_of_file(part, "{}")});
  return choice;
}

}  // namespace elbo::worker
