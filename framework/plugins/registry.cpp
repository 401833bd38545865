#include "plugins/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "plugins/card.hpp"
#include "plugins/probe.hpp"

namespace elbo::host::plugins {
namespace fs = std::filesystem;
namespace {

/// Through links and hard links too; two paths that cannot be followed are different.
bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code failed;
  return a == b || fs::equivalent(a, b, failed);
}

/// A folder that is missing or may not be read offers nothing: a search path may name more than there is.
std::vector<fs::path> libraries_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed))
    if (it->path().extension() == ".so" && !it->path().stem().empty()) files.push_back(it->path());
  return files;
}

size_t rank(const std::string& kind) {
  return static_cast<size_t>(std::find(kinds.begin(), kinds.end(), kind) - kinds.begin());
}

bool has_a_kind(const fs::path& folder) {
  std::error_code failed;
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](const std::string& kind) { return fs::is_directory(folder / kind, failed); });
}

/// What to do about a folder that holds no kind's folder, or about a library that lies beside those.
std::string remedy_for(const fs::path& folder, const std::vector<fs::path>& libraries) {
  std::error_code failed;
  if (rank(folder.filename().string()) < kinds.size())
    return "set ELBO_PLUGIN_PATH to " + folder.parent_path().string();
  if (!libraries.empty()) {
    const std::string kind = inspect(libraries.front(), "", "").kind;
    return "move " + libraries.front().filename().string() + " to " +
           (folder / (kind.empty() ? "<kind>" : kind)).string();
  }
  if (const fs::path built = folder / "lib/elbo/plugins"; fs::is_directory(built, failed))
    return "set ELBO_PLUGIN_PATH to " + built.string();
  return "correct ELBO_PLUGIN_PATH";
}

/// Why plugins of a folder of the search path are not found, as one sentence; empty where nothing is amiss.
std::string fault_of(const fs::path& folder) {
  constexpr const char* expected = "expected a folder with <kind>/<name>.so";
  std::error_code failed;
  const std::vector<fs::path> libraries = libraries_in(folder);
  if (has_a_kind(folder) && libraries.empty()) return "";
  std::string found = "holds none of the folders " + join(kinds);
  if (!fs::exists(folder, failed)) found = "there is no such folder";
  else if (!fs::is_directory(folder, failed)) found = "is a file";
  else if (!libraries.empty()) found = libraries.front().filename().string() + " lies in it directly";
  return fmt::format("{}: {}; {}; {}", folder.string(), found, expected, remedy_for(folder, libraries));
}

void require_kind(const std::string& kind, const std::string& name) {
  if (rank(kind) == kinds.size())
    throw UserError(fmt::format("{}:{}: '{}' is not a kind of plugin{}", kind, name, kind, suggestion(kind, kinds)));
}

const FoundPlugin& usable(const FoundPlugin& plugin) {
  if (!plugin.fault.empty()) throw UserError(plugin.fault);
  return plugin;
}

[[noreturn]] void offered_twice(const std::vector<const FoundPlugin*>& offers) {
  std::vector<std::string> paths;
  for (const FoundPlugin* offer : offers) paths.push_back(offer->path.string());
  const FoundPlugin& first = *offers.front();
  throw UserError(fmt::format("{}:{} is offered by {} files, {}; set path = \"...\" in [{}] to choose one", first.kind,
                              first.name, paths.size() == 2 ? "two" : std::to_string(paths.size()),
                              join(paths, " and "), first.kind));
}

}  // namespace

Registry::Registry(std::vector<fs::path> folders) {
  for (const fs::path& given : folders) {
    const fs::path normal = fs::absolute(given).lexically_normal(),
                   folder = normal.has_filename() ? normal : normal.parent_path();
    folders_.push_back(folder.string());
    if (std::string fault = fault_of(folder); !fault.empty()) folder_faults_.push_back(std::move(fault));
    for (const std::string& kind : kinds)
      for (const fs::path& file : libraries_in(folder / kind)) add(file, kind);
  }
  std::stable_sort(found_.begin(), found_.end(), [](const FoundPlugin& a, const FoundPlugin& b) {
    return std::tuple(rank(a.kind), a.name) < std::tuple(rank(b.kind), b.name);
  });
}

void Registry::add(const fs::path& file, const std::string& kind) {
  const auto is_same = [&](const FoundPlugin& other) {
    return other.kind == kind && other.path.stem() == file.stem() && same_file(other.path, file);
  };
  if (std::none_of(found_.begin(), found_.end(), is_same)) found_.push_back(inspect(file, kind, file.stem().string()));
}

const FoundPlugin& Registry::find(const std::string& kind, const std::string& name, const fs::path& path) {
  if (!path.empty()) return usable(chosen_.emplace_back(inspect(fs::absolute(path).lexically_normal(), kind, name)));
  require_kind(kind, name);
  std::vector<const FoundPlugin*> offers;
  for (const FoundPlugin& plugin : found_)
    if (plugin.kind == kind && plugin.name == name) offers.push_back(&plugin);
  if (offers.empty()) refuse_unknown(kind, name);
  if (offers.size() > 1) offered_twice(offers);
  return usable(*offers.front());
}

void Registry::refuse_unknown(const std::string& kind, const std::string& name) const {
  std::vector<std::string> names;
  for (const FoundPlugin& plugin : found_) {
    if (plugin.kind == kind && plugin.fault.empty() && (names.empty() || names.back() != plugin.name))
      names.push_back(plugin.name);
  }
  for (const FoundPlugin& plugin : found_)
    if (plugin.name == name)
      throw UserError(fmt::format("{}:{}: '{}' is a plugin of the kind {}, not {}{}", kind, name, name, plugin.kind,
                                  kind, suggestion(name, names)));
  std::string faults;
  for (const std::string& fault : folder_faults_) faults += " (" + fault + ")";
  throw UserError(fmt::format("{}:{}: there is no such plugin in {}{}{}", kind, name, join(folders_), faults,
                              suggestion(name, names)));
}

PluginDescription Registry::describe(const FoundPlugin& plugin) const { return described(plugin); }

}  // namespace elbo::host::plugins
