// The JSON Schema of experiment files, made from the same declarations that check them: editors complete and check by it.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugins/registry.hpp"

namespace elbo::host {

/// Draft 7. Each plugin's options are known where the file names it; a plugin that is given by path may have any. A data set is
/// one of those named, or any where none are.
nlohmann::ordered_json experiment_schema(const std::vector<plugins::PluginDescription>& plugins,
                                         const std::vector<std::string>& datasets);

}  // namespace elbo::host
