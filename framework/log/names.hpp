// The names in a run's files: they decide no result, so a run that is called otherwise keeps its files.
#pragma once
#include <filesystem>
#include <string>

namespace elbo::host::log {

/// Gives the log its title and its plan anew; nothing else is changed. Throws Error.
void set_names(const std::filesystem::path& log, const std::string& title, const std::string& plan_json);

}  // namespace elbo::host::log
