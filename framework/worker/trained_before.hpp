// A run that was trained before: under other settings of its evaluation, for fewer epochs, or not to its end.
#pragma once
#include <c10/core/Device.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <vector>

#include "log/run_log.hpp"
#include "plan/run.hpp"

namespace elbo::host::worker {

/// A run beside this one's that has the same seed and differs in nothing but its evaluation and its number of epochs.
struct TrainedBefore {
  enum class How {
    wholly,
    shorter,
    in_part
  };  // finished with as many epochs, with fewer, or killed before it had fewer

  std::filesystem::path folder;
  How how = How::wholly;
  int64_t epochs = 0, planned = 0;  // trained, and by its plan
  log::RunSummary summary{};        // of a finished one, whose weights are those that it ended with
};

/// One that was trained wholly, else the one that has most epochs; each is read once. Nothing where there is none.
std::optional<TrainedBefore> trained_before(const Run& run, const std::filesystem::path& folder);

/// Evaluates the weights of a run that was trained wholly as this run asks, to a log.h5 and weights in its folder: those that training it
/// would have given, with the time that the training took there. Throws Stopped soon after `stop` is set, Error when it fails.
void evaluate_anew(const Run& run, const std::vector<log::PluginRecord>& plugins, const at::Device& device,
                   const std::filesystem::path& folder, const TrainedBefore& before, const std::atomic<bool>& stop);

/// Of a run with fewer epochs: makes its log and its state this run's own, for train_run() to go on from, bit for bit as if all epochs had
/// been asked for at once. Says why where that cannot be.
void begin_with_fewer_epochs(const Run& run, const std::filesystem::path& folder, const TrainedBefore& before);

}  // namespace elbo::host::worker
