// A plugin's description as the worker prints it and as the cache keeps it.
#pragma once
#include <nlohmann/json.hpp>

#include "plugins/description.hpp"

namespace elbo::host::plugins {

/// {"kind", "name", "options", and of likelihoods "support", "has_interval_log_prob", "params": [[name, shape], ...], of objectives "objective"}
nlohmann::ordered_json to_json(const PluginDescription& description);
/// Reads it back. Throws Error or nlohmann's exceptions when it is no description, or that of another plugin.
PluginDescription description_from_json(const nlohmann::ordered_json& json, const FoundPlugin& found);

}  // namespace elbo::host::plugins
