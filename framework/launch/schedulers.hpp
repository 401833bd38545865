// Scheduler interface: runs are handed to worker processes of this computer, or to a batch queue.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "launch/progress.hpp"

namespace elbo::host::launch {

/// An immutable list of runs. In a file, for a queue, it has one folder a line; task t does lines t*m .. t*m + m - 1.
struct JobBatch {
  std::filesystem::path experiment, file;
  std::vector<std::string> runs;

  size_t tasks(int64_t items_per_task) const;
  /// The same with the runs of one task only.
  JobBatch of_task(size_t task, int64_t items_per_task) const;
};

/// Writes <experiment>/batches/batch-<n>.txt with the next free n. Throws Error.
JobBatch write_batch(const std::filesystem::path& experiment, const std::vector<std::string>& runs);
/// Throws UserError when there is no such file.
JobBatch read_batch(const std::filesystem::path& file);

enum class JobState { waiting, running, held, gone, unknown };

/// What an engine says of the runs of an experiment.
struct Jobs {
  std::map<std::string, JobState> runs{};   // by folder: those that a job stands for
  std::map<std::string, std::string> held;  // jobs that do not start by themselves, and the engine's reason
  std::string silence{};                    // why there was no answer

  /// Without an answer every run is unknown, never gone.
  JobState of(const std::string& run) const;
  /// In words: "job 17 (launch failed requeued held), job 18 (JobHeldAdmin)".
  std::string held_jobs() const;
};

/// What is asked of an engine beside the runs.
struct Resources {
  std::vector<std::string> arguments{};  // handed through to the engine's own command
  int64_t items_per_task = 1;            // runs that one job does, one after the other
  int64_t throttle = 0;                  // jobs at once; 0 leaves it to the engine
  int64_t threads = 1;
  bool adds_runs = false;  // afterwards a look or a rung is taken, which may add runs; else the results are merged
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
  virtual Submission submit(const JobBatch& batch, const Resources& resources) = 0;
  virtual Jobs query(const std::filesystem::path& experiment) = 0;
  /// Lets the jobs that are held start. Throws Error when refused.
  virtual void release(const Jobs& jobs) = 0;
  /// Takes back all jobs of the experiment. Throws Error.
  virtual void cancel(const std::filesystem::path& experiment) = 0;
};

/// Runs of so many threads that fit on the cores of this computer.
size_t runs_at_once(int64_t threads);

class Local : public Engine {
 public:
  /// `worker`: the program of a run.
  Local(std::filesystem::path worker, ProgressDisplay::Style style) : worker_(std::move(worker)), style_(style) {}

  /// Returns when all runs have ended, or a signal to stop has come (see run_workers). Runs that are done or have failed
  /// are passed over.
  Submission submit(const JobBatch& batch, const Resources& resources) override;
  /// Runs whose folders a living process holds.
  Jobs query(const std::filesystem::path& experiment) override;
  /// None of its jobs is ever held.
  void release(const Jobs&) override {}
  /// Asks the program at work in the folder to stop. Throws UserError when there is none on this computer.
  void cancel(const std::filesystem::path& experiment) override;

 private:
  std::filesystem::path worker_;
  ProgressDisplay::Style style_;
};

class Slurm : public Engine {
 public:
  /// `program`: the elbo that the jobs call.
  explicit Slurm(std::filesystem::path program) : program_(std::move(program)) {}

  /// Also `elbo merge`, or `elbo resume --next-look` where looks or rungs add runs, to run when all jobs have ended.
  Submission submit(const JobBatch& batch, const Resources& resources) override;
  Jobs query(const std::filesystem::path& experiment) override;
  void release(const Jobs& jobs) override;
  void cancel(const std::filesystem::path& experiment) override;

 private:
  std::string submit_part(const JobBatch& batch, const Resources& resources, size_t first, size_t tasks) const;
  std::string submit_successor(const JobBatch& batch, const Resources& resources,
                               const std::vector<std::string>& after) const;

  std::filesystem::path program_;
};

}  // namespace elbo::host::launch
