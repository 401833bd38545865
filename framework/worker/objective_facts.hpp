// elbo-worker objective: what objectives say of themselves, for plans and explanations.
#pragma once
#include <string>
#include <vector>

#include "plan/run.hpp"

namespace elbo::worker {

/// With the settings of the choice. Throws UserError where it refuses them.
plugins::ObjectiveFacts facts_of(const PluginChoice& objective);

/// Words are FILE SETTINGS pairs, settings as JSON objects; prints one answer each, an array of JSON.
int objective_facts(const std::vector<std::string>& words);

}  // namespace elbo::worker
