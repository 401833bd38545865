// Who, what and when: what a reader needs to repeat a run or to explain a difference.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace elbo::host::log {

/// Where the run was computed; after it went on elsewhere "cpu, then cuda:0, ...".
inline constexpr const char* device_attribute = "device";

/// Name and value, in order, of the process that calls it. An empty torch_version is left out.
std::vector<std::pair<std::string, std::string>> provenance(const std::string& elbo_version,
                                                            const std::string& torch_version, int64_t seed);

/// 2024-05-31T18:04:05Z
std::string utc_now();

// Where a result comes from: what a log stores of its experiment and its surroundings.

struct Origin {
  std::string experiment_toml;                      // the file as it was given
  std::string plan_json;                            // the run with every default filled in
  std::map<std::string, std::string> surroundings;  // "torch" -> "1.13.0"; of programs and machine, not of time
};

/// Throws Error: no such file, not HDF5, not of elbo, damaged.
Origin read_origin(const std::filesystem::path& file);

// The names in a run's files: they decide no result, so a run that is called otherwise keeps its files.

/// Gives the log its title and its plan anew; nothing else is changed. Throws Error.
void set_names(const std::filesystem::path& log, const std::string& title, const std::string& plan_json);

/// Makes the copy of another run's log that of a run with the same training: its title, plan and experiment file, and the name of the other's
/// folder as the attribute `weights_of`. Throws Error.
void take_over(const std::filesystem::path& log, const std::string& title, const std::string& plan_json,
               const std::string& experiment_toml, const std::string& other);

}  // namespace elbo::host::log
