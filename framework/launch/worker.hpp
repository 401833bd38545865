// One worker process, from its start to what is recorded of its end.
#pragma once
#include <chrono>
#include <deque>
#include <fstream>

#include "base/process.hpp"
#include "launch/call_page.hpp"
#include "launch/job.hpp"

namespace elbo::launch {

class Worker {
 public:
  /// Starts `program run <folder>` and holds the folder's lock. Throws Error when it cannot be started or another
  /// program is at this run.
  Worker(size_t index, const Job& job, const std::filesystem::path& program);

  /// The run's place in the list of jobs.
  size_t index() const { return index_; }
  Process& process() { return process_; }
  void read(Process::Stream stream, Watcher& watcher);
  /// Kills it once its time is up.
  void keep_to_time_limit();
  /// The outcome of a worker that has ended. Of success its folder is told.
  Result end(int wait_status, bool stop_was_asked, Watcher& watcher);

 private:
  void take(Process::Stream stream, const std::string& line, Watcher& watcher);
  Result judge(int wait_status, bool stop_was_asked) const;
  std::string blamed(const std::string& what) const;
  double seconds() const;

  size_t index_;
  RunFolder folder_;
  FolderLock lock_;
  int64_t time_limit_;
  CallPage page_;
  Process process_;
  std::ofstream text_;
  std::deque<std::string> last_;  // lines of free text
  std::string said_;
  bool overdue_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace elbo::launch
