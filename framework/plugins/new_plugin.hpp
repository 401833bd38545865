// A new plugin's repository, copied from the templates: files that build and pass as they stand.
#pragma once
#include <filesystem>
#include <string>

namespace elbo::host::plugins {

struct NewPlugin {
  std::string kind, name;
  std::filesystem::path folder;  // made by write_new_plugin
};

/// Copies templates/every_kind and templates/<kind> into the new folder, with the plugin's name in the place of
/// my_plugin. `prefix` is where the build looks for elbo first. Throws UserError, before anything is written, for an
/// unknown kind, a name that is no identifier and a folder that is there; Error when a file cannot be written.
void write_new_plugin(const NewPlugin& plugin, const std::filesystem::path& templates,
                      const std::filesystem::path& prefix);

}  // namespace elbo::host::plugins
