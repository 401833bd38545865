// What an experiment leaves on disk. The files alone say how far each run has come:
//
//   runs/<experiment>/   experiment.toml  plan.json  lock  comparison.txt  comparison.csv
//     <Run::folder()>/   run.json  lock  log.txt  log.h5.partial  checkpoint.0|1  then  log.h5  weights.safetensors
//                        done.json | failed.json
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.hpp"

namespace elbo::host::launch {

/// Keeps a second program out of the folder of an experiment or of a run; the system lets go of it however this
/// program ends.
class FolderLock {
 public:
  /// Throws Error naming the process that holds it; UserError when the folder cannot be written.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// Whether a living program holds the folder's lock.
bool is_locked(const std::filesystem::path& folder);

struct LockHolder {
  int process = 0;
  std::string host;
  bool is_here = false;  // on this computer
};

/// Who holds the folder's lock now, by its own account.
std::optional<LockHolder> lock_holder(const std::filesystem::path& folder);

/// Makes the folder and its parents. Throws UserError with the system's reason when it cannot be made or
/// written in; then nothing is left behind.
void make_output_folder(const std::filesystem::path& folder);

enum class RunState { fresh, started, failed, done };

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  /// A link to partial_log() while the run goes on.
  std::filesystem::path log() const { return path_ / "log.h5"; }
  /// The log until it is complete.
  std::filesystem::path partial_log() const { return path_ / "log.h5.partial"; }
  bool has_complete_log() const;
  std::filesystem::path text() const { return path_ / "log.txt"; }

  RunState state() const;
  /// Makes the folder with run.json in it, for a worker to begin or to go on; an earlier failure is
  /// forgotten.
  void prepare(std::string_view run_json) const;
  /// The last act of a run: done.json with the hash of log.h5. Throws Error when there is no log.h5.
  void mark_done(double seconds) const;
  void mark_failed(const std::string& sentence) const;
  /// Of a failed run: what was said. Empty otherwise.
  std::string failure() const;
  /// Of a finished run: the wall time of its last worker. 0 otherwise.
  double seconds() const;

 private:
  std::filesystem::path path_;
};

/// Renames the folders of the plan's runs that are there under a former name, and corrects in their files the names and
/// the rule by which they were given their seeds. Returns a
/// sentence for each change of a name. Throws UserError when such a run is at work just now: `is_queued` says so of the folder
/// of a run that waits in a queue.
std::vector<std::string> rename_known_runs(const Plan& plan, const std::filesystem::path& out,
                                           const std::function<bool(const std::string& folder)>& is_queued);

}  // namespace elbo::host::launch
