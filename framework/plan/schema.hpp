// The JSON Schema of experiment files, made from the same declarations that check them: editors complete and check by it.
#pragma once
#include <nlohmann/json.hpp>
#include <vector>

#include "plugins/registry.hpp"

namespace elbo {

/// Draft 7. Each plugin's options are known where the file names it; a plugin that is given by path may have any.
nlohmann::ordered_json experiment_schema(const std::vector<plugins::Description>& plugins);

}  // namespace elbo
