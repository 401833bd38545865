// A run that was trained before, under other settings of its evaluation.
#pragma once
#include <c10/core/Device.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <vector>

#include "log/run_log.hpp"
#include "plan/run.hpp"

namespace elbo::host::worker {

/// The folder of a finished run beside this one's that has the same seed and differs in nothing but its evaluation, and whose
/// weights are those that it ended with; nothing where there is none.
std::optional<std::filesystem::path> trained_alike(const Run& run, const std::filesystem::path& folder);

/// Evaluates that run's weights as this run asks, to a log.h5 and weights in its folder: those that training it would have given, with the
/// time that the training took there. Throws Stopped soon after `stop` is set, Error when it fails.
void evaluate_anew(const Run& run, const std::vector<log::PluginRecord>& plugins, const at::Device& device,
                   const std::filesystem::path& folder, const std::filesystem::path& trained,
                   const std::atomic<bool>& stop);

}  // namespace elbo::host::worker
