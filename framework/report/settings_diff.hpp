// What was compared: the settings in which the variants differ, and nothing else.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace elbo::report {

/// From each variant's plan (as /config/plan_json): {"settings": ["likelihood.plugin", ...], "rows": [{"variant", "values"}]}.
/// A setting that a variant does not have is null. Places of files, seeds and what is logged are not told.
nlohmann::ordered_json settings_diff(const std::vector<std::pair<std::string, nlohmann::ordered_json>>& plans);

}  // namespace elbo::report
