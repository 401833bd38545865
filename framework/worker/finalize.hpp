// After training: the final evaluation, the summary and the pictures of a run.
#pragma once
#include <filesystem>
#include <functional>

#include "train/checkpoint.hpp"
#include "worker/assemble.hpp"
#include "worker/machine_load.hpp"
#include "worker/recorder.hpp"

namespace elbo::worker {

/// Evaluates, writes per-example values and /summary, closes the log, writes PNG sheets into the folder.
/// `load` is of the training, or none where it does not cover all of it. `tick` is called with the fraction done, and may throw to stop.
void finalize(const Run& run, Assembly& assembly, Recorder& recorder, const Progress& progress, const MachineLoad* load,
              const std::filesystem::path& folder, const std::function<void(double)>& tick);

}  // namespace elbo::worker
