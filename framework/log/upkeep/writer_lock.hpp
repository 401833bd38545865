// Tells a log that is being written from one whose writer was killed. HDF5's own flags cannot: they stay set.
#pragma once
#include <filesystem>

namespace elbo::host::log {

/// Held for as long as a process writes a log; the system takes it back when the process dies.
class WriterLock {
 public:
  WriterLock() = default;
  /// Where the file system has no locks this holds nothing.
  explicit WriterLock(const std::filesystem::path& file);
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&& other) noexcept;
  ~WriterLock();

 private:
  int descriptor_ = -1;
};

/// Throws Error when a living process writes this log.
void must_not_be_written(const std::filesystem::path& file);

}  // namespace elbo::host::log
