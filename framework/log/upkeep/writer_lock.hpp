// Tells a log that is being written from one whose writer was killed. HDF5's own flags cannot: they stay set.
#pragma once
#include <chrono>
#include <filesystem>
#include <thread>

#include <elbo/error.hpp>

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

/// Whether a living process writes this log, here or on another computer that shares the file system's locks.
bool is_being_written(const std::filesystem::path& file);
/// Throws Error when a living process writes this log.
void must_not_be_written(const std::filesystem::path& file);

/// What `read` gives. The parts of a flush reach the file one after the other: about one look in three hundred falls amid one, which lasts
/// longer beside other work. So where `read` throws Error and a living process writes the log, it is called again, for 0.3 s at most.
template <typename Read>
auto while_written(const std::filesystem::path& file, const Read& read) {
  for (int tries = 15; tries > 1; --tries) {
    const bool is_written = is_being_written(file);  // asked first: the run may end while it is read
    try {
      return read();
    } catch (const Error&) {
      if (!is_written || !std::filesystem::exists(file)) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  return read();
}

}  // namespace elbo::host::log
