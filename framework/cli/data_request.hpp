// What verbs that show a trained model other data ask of the worker: how the file is read, and where the answer goes.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace elbo::host::cli {

/// --set KEY=VALUE of the keys of [dataset] that may differ from file to file, as a JSON object. Throws UserError for others.
nlohmann::ordered_json reading_settings(const std::string& verb, const ParsedArguments& given);

/// Throws UserError where there is no folder for one of these files, or where it holds `file`, data of the run or what the run has written, which
/// it would take the place of.
void check_output(const std::vector<std::filesystem::path>& files, const std::filesystem::path& file,
                  const std::filesystem::path& folder);

}  // namespace elbo::host::cli
