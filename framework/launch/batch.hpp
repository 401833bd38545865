// Runs that are handed to an engine together.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace elbo::launch {

/// An immutable list of runs. In a file, for a queue, it has one folder a line; task t does lines t*m .. t*m + m - 1.
struct Batch {
  std::filesystem::path experiment, file;
  std::vector<std::string> runs;

  size_t tasks(int64_t items_per_task) const;
  /// The same with the runs of one task only.
  Batch of_task(size_t task, int64_t items_per_task) const;
};

/// Writes <experiment>/batches/batch-<n>.txt with the next free n. Throws Error.
Batch write_batch(const std::filesystem::path& experiment, const std::vector<std::string>& runs);
/// Throws UserError when there is no such file.
Batch read_batch(const std::filesystem::path& file);

}  // namespace elbo::launch
