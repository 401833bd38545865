// Who runs the runs: this computer, or a queue that gives them others.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "launch/batch.hpp"

namespace elbo::launch {

enum class JobState { waiting, running, gone, unknown };

/// What an engine says of the runs of an experiment.
struct Jobs {
  std::map<std::string, JobState> runs{};  // by folder: those that a job stands for
  std::string silence{};                   // why there was no answer

  /// Without an answer every run is unknown, never gone.
  JobState of(const std::string& run) const;
};

/// What is asked of an engine beside the runs.
struct Resources {
  std::vector<std::string> arguments{};  // handed through to the engine's own command
  int64_t items_per_task = 1;            // runs that one job does, one after the other
  int64_t throttle = 0;                  // jobs at once; 0 leaves it to the engine
  int64_t threads = 1;
};

struct Submission {
  std::vector<std::string> jobs{};  // what the engine calls them; none of an engine that has ended all of them by now
  bool stopped = false;             // some were cut short, or not begun, on request
  bool failed = false;              // some have failed
};

class Engine {
 public:
  virtual ~Engine() = default;
  /// Hands the batch over. Throws Error when refused.
  virtual Submission submit(const Batch& batch, const Resources& resources) = 0;
  virtual Jobs query(const std::filesystem::path& experiment) = 0;
  /// Takes back all jobs of the experiment. Throws Error.
  virtual void cancel(const std::filesystem::path& experiment) = 0;
};

}  // namespace elbo::launch
