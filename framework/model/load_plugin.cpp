#include "model/load_plugin.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <map>

#include <elbo/model.hpp>
#include "sdk/src/plugin/call.hpp"
#include "sdk/src/plugin/torch_seed.hpp"

#include "experiment/declaration.hpp"
#include "plugins/card.hpp"
#include "plugins/printable.hpp"

namespace elbo::host::plugins {
namespace fs = std::filesystem;
namespace dll = boost::dll;
namespace {

constexpr const char* table_symbol = "elbo_plugin";

static_assert(std::string_view(ELBO_TORCH_VERSION) == ELBO_TEXT(TORCH_VERSION_MAJOR) "." ELBO_TEXT(TORCH_VERSION_MINOR),
              "the torch version that CMake found is not that of the headers");

std::string label_of(const fs::path& file, const std::string& kind, const std::string& name) {
  FoundPlugin plugin;
  plugin.kind = kind;
  plugin.name = name;
  plugin.path = file;
  return label(plugin);
}

std::string label_of(const PluginChoice& choice) { return label_of(choice.path, choice.kind, choice.name); }

std::string demangled(const std::string& symbol) {
  int failed = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &failed),
                                                         &std::free);
  return failed == 0 ? name.get() : symbol;
}

/// The loader's own words, as a sentence that says what to do. Its messages are
/// "<file>: cannot open shared object file: ..." and "<file>: undefined symbol: <name>[, version ...]".
std::string explain(const std::string& message, const fs::path& file) {
  constexpr std::string_view not_found = ": cannot open shared object file", undefined = ": undefined symbol: ";
  if (const size_t at = message.find(not_found); at != std::string::npos && message.substr(0, at) != file.string())
    return "needs " + message.substr(0, at) +
           ", which is not installed or not on the library path; install it or set LD_LIBRARY_PATH";
  if (const size_t at = message.find(undefined); at != std::string::npos) {
    const std::string symbol = message.substr(at + undefined.size());
    return "needs " + demangled(symbol.substr(0, symbol.find_first_of(", \t("))) +
           ", which no loaded library has; link the library that has it, or rebuild the plugin with this SDK";
  }
  return "cannot be loaded: " + message;
}

dll::shared_library open(const fs::path& file, const std::string& label) {
  dll::shared_library library;
  std::error_code failed;
  const Call call(label, "its initialisers");
  ::dlerror();
  library.load(file, failed, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  if (!failed) return library;
  // The code of `failed` is a stale errno; the reason is still with the loader.
  const char* reason = ::dlerror();
  throw UserError(label + ": " + printable(explain(reason ? reason : "the loader gives no reason", file)));
}

const PluginTable& table_of(const dll::shared_library& library, const std::string& label) {
  if (!library.has(table_symbol))
    throw UserError(label + ": has a card but no table 'elbo_plugin'; register its class with the macro of its kind");
  return library.get<const PluginTable>(table_symbol);
}

void check_table(const PluginTable& table, const std::string& kind, const std::string& name, const std::string& label) {
  if (table.abi != ELBO_ABI)
    throw UserError(
        fmt::format("{}: its table says plugin ABI {}, its card and this program {}; rebuild the plugin with this SDK",
                    label, table.abi, ELBO_ABI));
  if (!table.kind || !table.name || table.kind != kind || table.name != name || !table.options || !table.create)
    throw UserError(label + ": its table and its card differ; register its class with the macro of its kind");
}

/// Runs the plugin's code; whatever it throws becomes one sentence.
template <class Work>
auto guarded(const PluginChoice& choice, const char* what, Work&& work) {
  const std::string name = choice.kind + ":" + choice.name;
  const Call call(name, what);
  try {
    return work();
  } catch (const UserError& e) {
    throw UserError(fmt::format("{}: its {} failed: {}", label_of(choice), what, one_line(e.what())));
  } catch (const std::exception& e) {
    throw PluginFault(fmt::format("{}: its {} failed: {}", label_of(choice), what, one_line(e.what())));
  } catch (...) {
    throw PluginFault(fmt::format("{}: its {} threw something that is not a std::exception", label_of(choice), what));
  }
}

const PluginTable& table_of(const PluginChoice& choice) { return load_plugin(choice.path, choice.kind, choice.name); }

/// What the part sees of the whole: its columns one after the other.
Observation observation_of(const PluginPart& part, const Observation& whole, std::vector<int64_t>& places) {
  Observation own{.shape = {static_cast<int64_t>(part.columns.size())}, .support = whole.support};
  for (const std::string& name : part.columns) {
    const auto is_it = [&](const Column& column) { return column.name == name; };
    const auto column = std::find_if(whole.columns.begin(), whole.columns.end(), is_it);
    if (column == whole.columns.end()) throw UserError("the data have no column '" + name + "'");
    places.push_back(column - whole.columns.begin());
    own.columns.push_back(*column);
    own.support = column->support;
    own.levels = std::max(own.levels, column->levels);
  }
  return own;
}

LikelihoodPart make_part(const PluginPart& part, const Context& context) {
  LikelihoodPart made{.name = part.name, .columns = {}, .likelihood = nullptr};
  Context own = context;
  own.observation = observation_of(part, context.observation, made.columns);
  own.rng = context.rng.fork("part " + part.name);
  made.likelihood = make_plugin<Likelihood>(part.choice, own);
  return made;
}

}  // namespace

const PluginTable& load_plugin(const fs::path& file, const std::string& kind, const std::string& name) {
  // Leaked on purpose: destroying it would unload the libraries.
  static auto& loaded = *new std::map<fs::path, dll::shared_library>;
  const FoundPlugin plugin = inspect(fs::absolute(file), kind, name);
  if (!plugin.fault.empty()) throw UserError(plugin.fault);
  const std::string label = plugins::label(plugin);

  auto entry = loaded.find(plugin.path);
  if (entry == loaded.end()) entry = loaded.emplace(plugin.path, open(plugin.path, label)).first;
  const PluginTable& table = table_of(entry->second, label);
  check_table(table, plugin.kind, plugin.name, label);
  return table;
}

std::vector<Option> options_of_plugin(const PluginChoice& choice) {
  const PluginTable& table = table_of(choice);
  auto options = guarded(choice, "list of options", [&] { return table.options(); });
  if (const std::string fault = experiment::declaration_fault(options); !fault.empty())
    throw UserError(label_of(choice) + ": " + printable(fault));
  return options;
}

bool contains_likelihoods(const PluginChoice& choice) { return table_of(choice).contains_likelihoods; }

std::shared_ptr<Component> make_component(const PluginChoice& choice, const Context& context) {
  const PluginTable& table = table_of(choice);
  Context own = context;
  own.parts.clear();  // the context may be that of an earlier one
  for (const PluginPart& part : choice.parts) own.parts.push_back(make_part(part, context));
  return guarded(choice, "constructor", [&] {
    const TorchSeed seed(own.rng);
    auto component = table.create(choice.settings, own);
    if (!component) throw Error("it returned nothing");
    component->attach(choice.kind + ":" + choice.name, own);
    return component;
  });
}

void refuse_class(const PluginChoice& choice) {
  throw UserError(
      fmt::format("{}: its class is not derived from that of its kind, {}; register it with the macro of its kind",
                  label_of(choice), choice.kind));
}

}  // namespace elbo::host::plugins
