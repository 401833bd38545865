// What was found of a plugin's library by checking it, kept by the library's hash so that it is not found again.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace elbo::host::plugins {

/// The two checks whose outcome is kept.
inline constexpr const char* whole_check = "conformance";   // all properties: elbo plugins check
inline constexpr const char* mass_check = "normalisation";  // at the start of a run: conformance/spot_check.hpp

struct CheckRecord {
  std::string outcome;  // of whole_check "passed" or "failed"; of mass_check "yes", "no" or "not checked"
  std::string finding;  // a sentence; of a failed whole_check the properties that failed
};

/// `settings`: the options that the plugin was made with, as JSON text. Nothing when it was not checked by this version of the program.
std::optional<CheckRecord> kept_check(const char* check, const std::string& sha256, const std::string& settings);
/// Where the cache cannot be written, nothing is kept.
void keep_check(const char* check, const std::string& sha256, const std::string& settings, const CheckRecord& record);

/// Whether the library is one of those that the program was built with, which the project's own tests check: by its hash, in
/// <prefix>/share/elbo/shipped_plugins.
bool is_shipped(const std::string& sha256);

/// "shipped", "passed", "failed: <properties>" or "not checked", as far as this computer knows. A check with other options counts
/// where there is none with these.
std::string checked_as(const std::string& sha256, const std::string& settings);

}  // namespace elbo::host::plugins
