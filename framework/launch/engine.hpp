// Who gives runs a computer to run on, when it is not this one now.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace elbo::launch {

enum class JobState { waiting, running, gone, unknown };

/// What is asked of an engine beside the runs.
struct Resources {
  std::vector<std::string> arguments;  // handed through to the engine's own command
  int64_t items_per_task = 1;          // runs that one job does, one after the other
  int64_t throttle = 0;                // jobs at once; 0 leaves it to the engine
  int64_t threads = 1;
};

/// An immutable list of runs in a file, one folder a line. Task t does lines t*m .. t*m + m - 1.
struct Batch {
  std::filesystem::path experiment, file;
  std::vector<std::string> runs;

  size_t tasks(int64_t items_per_task) const;
  /// The runs of one task.
  std::vector<std::string> of_task(size_t task, int64_t items_per_task) const;
};

/// Writes <experiment>/batches/batch-<n>.txt with the next free n. Throws Error.
Batch write_batch(const std::filesystem::path& experiment, const std::vector<std::string>& runs);
/// Throws UserError when there is no such file.
Batch read_batch(const std::filesystem::path& file);

class Engine {
 public:
  virtual ~Engine() = default;
  /// Hands the batch over, and `elbo merge` behind it. Returns what to call the jobs. Throws Error when refused.
  virtual std::vector<std::string> submit(const Batch& batch, const Resources& resources) = 0;
  /// Of each run of the experiment that a job still stands for; runs that are not in the answer are gone. Throws
  /// Unanswered when the engine does not answer: then every run is unknown, never gone.
  virtual std::map<std::string, JobState> query(const std::filesystem::path& experiment) = 0;
  /// Takes back all jobs of the experiment. Throws Error.
  virtual void cancel(const std::filesystem::path& experiment) = 0;
};

}  // namespace elbo::launch
