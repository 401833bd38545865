// A run that was trained before: under other settings of its evaluation, or for fewer epochs.
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

/// Where a finished run beside this one's differs in nothing but its evaluation and in having fewer epochs: makes its log and its state
/// this run's own, for train_run() to go on from, bit for bit as if all epochs had been asked for at once. Says why where that cannot be.
void begin_with_fewer_epochs(const Run& run, const std::filesystem::path& folder);

}  // namespace elbo::host::worker
