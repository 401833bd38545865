// Where a result comes from: what a log stores of its experiment and its surroundings.
#pragma once
#include <filesystem>
#include <map>
#include <string>

namespace elbo::host::log {

struct Origin {
  std::string experiment_toml;                      // the file as it was given
  std::string plan_json;                            // the run with every default filled in
  std::map<std::string, std::string> surroundings;  // "torch" -> "1.13.0"; of programs and machine, not of time
};

/// Throws Error: no such file, not HDF5, not of elbo, damaged.
Origin read_origin(const std::filesystem::path& file);

}  // namespace elbo::host::log
