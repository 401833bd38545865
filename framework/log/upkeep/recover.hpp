// Repairs the log of a run that was killed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace elbo::host::log {

struct Recovery {
  bool repaired = false;  // false: nothing was amiss and nothing was changed
  std::string status;     // "completed", "stopped", "killed", ...
  int64_t epochs = 0;     // rows of /train
};

/// Clears the flags that keep a killed run's log from being opened, and sets its status to "killed". All that was
/// flushed stays. Throws Error: not HDF5, not of elbo, truncated or otherwise damaged, being written right now.
Recovery recover(const std::filesystem::path& file);

}  // namespace elbo::host::log
