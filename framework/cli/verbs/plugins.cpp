// elbo plugins list | describe | check | new
#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <cmath>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/plugins_check.hpp"
#include "experiment/applicability.hpp"
#include "plugins/card.hpp"
#include "plugins/description.hpp"
#include "plugins/new_plugin.hpp"
#include "plugins/printable.hpp"
#include "plugins/registry.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using namespace elbo::host::plugins;
namespace {

/// Two plugins of one name would have to be told apart by path in every experiment.
void refuse_known_name(const std::string& kind, const std::string& name) {
  const plugins::Registry registry(plugin_folders());
  for (const plugins::FoundPlugin& found : registry.all())
    if (found.kind == kind && found.name == name)
      throw UserError(
          fmt::format("{}:{}: there is such a plugin already ({}); expected a name of its own; choose another", kind,
                      name, found.path.string()));
}

/// elbo plugins new KIND NAME [DIR], given the words after `new`. Throws UserError, too, for the name of a plugin that is
/// there already.
int new_plugin(const std::vector<std::string>& words) {
  if (words.size() < 2 || words.size() > 3)
    throw UserError("elbo plugins new: found '" + join(words, " ") +
                    "' after it; expected KIND NAME [DIR], as in likelihood my_noise");
  const plugins::NewPlugin plugin{words[0], words[1], words.size() == 3 ? words[2] : words[1]};
  refuse_known_name(plugin.kind, plugin.name);
  plugins::write_new_plugin(plugin, template_folder(), program_folder().parent_path());
  print(
      "{0} is in {1}\n\n"
      "  cd {1}\n"
      "  cmake --workflow --preset default     builds it and checks it\n"
      "  elbo run compare.toml                 trains it beside a shipped one and compares them\n",
      plugin.name + ".cpp", plugin.folder.string());
  return 0;
}

// elbo plugins list | describe | check | new

constexpr const char* plugins_help =
    "elbo plugins list [--json]                      the plugins found, without running any of their code\n"
    "elbo plugins describe KIND:NAME|FILE [--json]   options, support, and what is asked of the decoder; what is "
    "maximised\n"
    "elbo plugins check KIND:NAME|FILE [--json] [--set OPTION=VALUE ...] [--only PROPERTY]\n"
    "                                                whether it does what every plugin of its kind must do\n"
    "elbo plugins new KIND NAME [DIR]                a folder with a plugin that builds and passes, to begin with\n"
    "\n"
    "Looked for in the folders of ELBO_PLUGIN_PATH (colon separated), then in the program's own; each holds "
    "<kind>/<name>.so.\n";

void print_json(const Json& json) { print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace)); }

Json card_json(const FoundPlugin& plugin) {
  Json json = {{"kind", plugin.kind},          {"name", plugin.name}, {"summary", plugin.summary},
               {"path", plugin.path.string()}, {"abi", plugin.abi},   {"torch", plugin.torch},
               {"compiler", plugin.compiler}};
  if (!plugin.fault.empty()) json["fault"] = plugin.fault;
  return json;
}

/// The plugins that an experiment can name, and one sentence for each that it cannot.
struct Listed {
  std::vector<FoundPlugin> usable;
  std::vector<std::string> faults;
};

Listed sorted_out(Registry& registry) {
  Listed listed;
  const std::vector<FoundPlugin>& all = registry.all();
  for (size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i].kind == all[i - 1].kind && all[i].name == all[i - 1].name) continue;
    try {
      listed.usable.push_back(registry.find(all[i].kind, all[i].name));
    } catch (const UserError& e) {
      listed.faults.push_back(e.what());
    }
  }
  return listed;
}

void print_table(const std::vector<FoundPlugin>& plugins) {
  size_t kind = 4, name = 4;
  for (const FoundPlugin& plugin : plugins) {
    kind = std::max(kind, plugin.kind.size());
    name = std::max(name, plugin.name.size());
  }
  const auto row = [&](const std::string& a, const std::string& b, const std::string& c) {
    const std::string line = pad_to_width(a, kind) + "  " + pad_to_width(b, name) + "  " + c;
    print("{}\n", cut_to_width(line, terminal_width(STDOUT_FILENO, 1000)));
  };
  row("kind", "name", "summary");
  for (const FoundPlugin& plugin : plugins) row(plugin.kind, plugin.name, plugin.summary);
}

void print_folder_faults(const Registry& registry) {
  if (!registry.folder_faults().empty()) print("\nfolders without plugins:\n");
  for (const std::string& fault : registry.folder_faults()) print("  {}\n", printable(fault));
}

int list_plugins(bool as_json) {
  Registry registry(plugin_folders());
  if (as_json) {
    Json all = Json::array();
    for (const FoundPlugin& plugin : registry.all()) all.push_back(card_json(plugin));
    print_json(all);
    return 0;
  }
  const Listed listed = sorted_out(registry);
  if (registry.all().empty()) {
    std::vector<std::string> folders;
    for (const fs::path& folder : plugin_folders()) folders.push_back(folder.string());
    print("no plugins in {}; build them, or set ELBO_PLUGIN_PATH\n", join(folders));
    print_folder_faults(registry);
    return 0;
  }
  if (!listed.usable.empty()) print_table(listed.usable);
  if (!listed.faults.empty()) print("\ncannot be used:\n");
  for (const std::string& fault : listed.faults) print("  {}\n", printable(fault));
  print_folder_faults(registry);
  return 0;
}

/// KIND:NAME, or a file when the word ends in .so or has a slash.
const FoundPlugin& named(Registry& registry, const std::string& verb, const std::string& word) {
  if (word.ends_with(".so") || word.find('/') != std::string::npos) return registry.find("", "", word);
  const size_t colon = word.find(':');
  if (colon != std::string::npos) return registry.find(word.substr(0, colon), word.substr(colon + 1));
  std::vector<std::string> meant;
  for (const FoundPlugin& plugin : registry.all())
    if (plugin.name == word) meant.push_back(plugin.kind + ":" + plugin.name);
  throw UserError(
      fmt::format("elbo plugins {}: '{}' has no kind; expected KIND:NAME or a file{}", verb, word,
                  meant.empty() ? ", as in likelihood:NAME" : "; did you mean " + join(meant, " or ") + "?"));
}

std::string bounds(const Option& option) {
  if (std::isfinite(option.min) && std::isfinite(option.max)) return fmt::format(", {} to {}", option.min, option.max);
  if (std::isfinite(option.min)) return fmt::format(", at least {}", option.min);
  if (std::isfinite(option.max)) return fmt::format(", at most {}", option.max);
  return "";
}

void print_option(const Option& option) {
  std::string choices;
  for (const std::string& choice : option.choices) choices += (choices.empty() ? ", one of \"" : ", \"") + choice + '"';
  const std::string facts = fmt::format("{} = {}    {}{}{}", option.name, experiment::default_text(option),
                                        type_name(option.fallback), bounds(option), choices);
  const std::string needs = experiment::needs_text(option);
  print("  {}\n      {}\n{}", printable(facts), option.doc, needs.empty() ? "" : "      " + printable(needs) + "\n");
}

void print_likelihood(const PluginDescription& description) {
  print("support    {}\n", to_string(*description.support));
  print("intervals  {}\n", description.has_interval_log_prob ? "yes: exact probabilities of levels" : "no");
  std::vector<std::string> params;
  for (const auto& [name, shape] : description.params) params.push_back(name + " [" + shape + "]");
  print("decoder    {}\n", params.empty() ? "nothing" : join(params));
}

void print_objective(const ObjectiveSummary& objective) {
  const char* before = "maximises  ";
  for (const ObjectiveTerm& term : objective.terms) {
    print("{}{:+g} {}  {}\n", before, term.weight, term.name, printable(term.formula));
    before = "           ";
  }
  print("bound      {}\n", objective.is_bound ? "yes, of log p(x)" : "no");
}

void print_description(const PluginDescription& description) {
  const FoundPlugin& plugin = description.found;
  print("{}:{}  {}\n\n", plugin.kind, plugin.name, plugin.summary);
  print("file       {}\nsha256     {}\n", printable(plugin.path.string()), description.sha256);
  print("built for  plugin ABI {}, torch {}, by compiler {}\n", plugin.abi, plugin.torch, plugin.compiler);
  if (description.support) print_likelihood(description);
  if (description.contains_likelihoods)
    print("contains   likelihoods: columns = {{ \"NAME\" = \"LIKELIHOOD\", ... }}, rest = \"LIKELIHOOD\"\n");
  if (description.objective) print_objective(*description.objective);
  print("\n{}\n", description.options.empty() ? "no options" : "options");
  for (const Option& option : description.options) print_option(option);
}

int describe(const std::string& word, bool as_json) {
  Registry registry(plugin_folders());
  const PluginDescription description = registry.describe(named(registry, "describe", word));
  if (!as_json) {
    print_description(description);
    return 0;
  }
  Json json = card_json(description.found);
  json["sha256"] = description.sha256;
  json.update(to_json(description));
  print_json(json);
  return 0;
}

struct PluginWords {
  std::vector<std::string> plain;
  CheckArguments check;
  bool help = false;
};

PluginWords read_plugin_words(const Arguments& arguments) {
  PluginWords words;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto value = [&] {
      if (i + 1 == arguments.size())
        throw UserError("elbo plugins: nothing follows " + argument + "; see elbo plugins --help");
      return arguments[++i];
    };
    if (argument == "--json") words.check.as_json = true;
    else if (argument == "--help" || argument == "-h") words.help = true;
    else if (argument == "--set") words.check.overrides.push_back(value());
    else if (argument == "--only") words.check.only = value();
    else if (argument.starts_with("-"))
      throw UserError("elbo plugins: unknown option '" + argument + "'" +
                      suggestion(argument, {"--json", "--set", "--only", "--help"}));
    else words.plain.push_back(argument);
  }
  return words;
}

int plugins(const Arguments& arguments) {
  const auto [words, checked, help] = read_plugin_words(arguments);
  if (help) return print("{}", plugins_help), 0;
  const std::string verb = words.empty() ? "" : words[0];
  if (verb != "check" && (!checked.overrides.empty() || !checked.only.empty()))
    throw UserError("elbo plugins: --set and --only are for check; expected elbo plugins check KIND:NAME|FILE ...");
  if (verb == "new") return new_plugin({words.begin() + 1, words.end()});
  if (verb == "list" && words.size() == 1) return list_plugins(checked.as_json);
  if (verb == "describe" && words.size() == 2) return describe(words[1], checked.as_json);
  if (verb == "check" && words.size() == 2) {
    Registry registry(plugin_folders());
    return check_plugin(registry, named(registry, verb, words[1]), checked);
  }
  if (verb.empty())
    throw UserError("elbo plugins: nothing to do; expected list, describe or check KIND:NAME|FILE, or new KIND NAME");
  if (verb != "list" && verb != "describe" && verb != "check")
    throw UserError("elbo plugins: unknown verb '" + verb + "'" +
                    suggestion(verb, {"list", "describe", "check", "new"}));
  throw UserError(fmt::format("elbo plugins {}: found {} words after it; expected {}", verb, words.size() - 1,
                              verb == "list" ? "none" : "one, KIND:NAME or a file"));
}

}  // namespace

std::vector<Verb> verbs_of_plugins() {
  return {
      {"plugins", "list | describe | check | new",
       "the plugins there are, the options of one, its conformance, a new one", plugins, 160},
  };
}

}  // namespace elbo::host::cli
