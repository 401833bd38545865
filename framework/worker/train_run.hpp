#pragma once
#include <c10/core/Device.h>

#include <atomic>
#include <filesystem>

#include "log/run_log.hpp"
#include "plan/run.hpp"

namespace elbo::host::worker {

/// The run was asked to stop, and has saved what it takes to go on.
struct Stopped {};

inline constexpr const char* log_name = "log.h5";
inline constexpr const char* partial_log = "log.h5.partial";  // until the run is complete

/// From where the run was left, on this device or another one, to its log.h5 and weights in the folder. `plugins` is what a
/// new log says of them. Throws Stopped
/// soon after `stop` is set, Error when it fails.
void train_run(const Run& run, const std::vector<log::PluginRecord>& plugins, const at::Device& device,
               const std::filesystem::path& folder, const std::atomic<bool>& stop);

}  // namespace elbo::host::worker
