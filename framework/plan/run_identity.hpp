// What of a run decides its result, as text: of which its id is made, and by which variants are compared.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/known_options.hpp"
#include "plan/run.hpp"

namespace elbo::host {

/// The keys of a section or of a plugin that do not decide the result: places of files, and how the work is done.
std::span<const char* const> keys_without_result(std::string_view section);

/// The JSON text of each section, plugin and number that decides the result, by its key.
using IdentityParts = std::map<std::string_view, std::string>;
IdentityParts identity_parts(const Run& run);

/// identity_of(to_json(run)).dump(), written without the JSON between, since plans have 100,000 runs.
std::string identity_text(const IdentityParts& parts);
inline std::string identity_text(const Run& run) { return identity_text(identity_parts(run)); }

/// A plugin with its options, and of a likelihood with those within it; not where its library lies.
std::string choice_text(const PluginChoice& choice, const PluginPart* part = nullptr);

/// {"a":1,"b":[]} of settings, by their names, but for these. `is_typed`: says the type of an empty list instead of it, as plans do of plugins.
std::string sorted_json_text(const std::vector<Setting>& settings, std::span<const char* const> left_out = {},
                             bool is_typed = false);

/// All that a section says, as text.
template <class Config>
std::string settings_key(const Config& config) {
  return sorted_json_text(known_options<Config>().settings(config));
}

}  // namespace elbo::host
