// Finds plugins without running any of their code, and describes them through a child process.
#pragma once
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "plugins/description.hpp"

namespace elbo::host::plugins {

class Registry {
 public:
  /// Looks in the given folders, each with <kind>/<name>.so.
  explicit Registry(std::vector<std::filesystem::path> folders);
  /// All plugins found, sorted by kind and name; damaged ones too, with their fault.
  const std::vector<FoundPlugin>& all() const { return found_; }
  /// One sentence for each of the folders that is missing or is laid out in another way.
  const std::vector<std::string>& folder_faults() const { return folder_faults_; }
  /// The plugin to use. Throws UserError with the one sentence for: no such name (nearest name), the wrong kind, two
  /// files of one name, a damaged file, another ABI or torch. `path`, if not empty, chooses the file; an empty kind
  /// or name is then the one on its card. The reference stays valid as long as the registry.
  const FoundPlugin& find(const std::string& kind, const std::string& name, const std::filesystem::path& path = {});
  /// Asks the plugin (or the cache). Throws UserError naming the plugin when it crashes or throws while being probed.
  PluginDescription describe(const FoundPlugin& plugin) const;

 private:
  void add(const std::filesystem::path& file, const std::string& kind);
  [[noreturn]] void refuse_unknown(const std::string& kind, const std::string& name) const;

  std::vector<std::string> folders_, folder_faults_;
  std::vector<FoundPlugin> found_;
  std::deque<FoundPlugin> chosen_;  // by path; a deque, so that references stay valid
};

}  // namespace elbo::host::plugins
