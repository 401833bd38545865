// Option values and shapes as JSON, for run files and messages between processes.
#pragma once
#include <nlohmann/json.hpp>
#include <vector>

#include <elbo/options.hpp>

namespace elbo::host {

nlohmann::ordered_json to_json(const Value& value);
/// Reads the JSON as the type that `like` has. Throws Error when it does not fit.
Value value_from_json(const nlohmann::ordered_json& json, const Value& like);
/// {"name": value, ...}
nlohmann::ordered_json to_json(const std::vector<Setting>& settings);
/// Reads the declared options that json has; the others keep their defaults. Throws Error on an unknown key.
std::vector<Setting> settings_from_json(const nlohmann::ordered_json& json, const std::vector<Option>& declared);
/// A declared option as JSON, and back.
nlohmann::ordered_json to_json(const Option& option);
Option option_from_json(const nlohmann::ordered_json& json);

}  // namespace elbo::host
