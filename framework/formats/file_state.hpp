// What the system knows of a file, by which one that is changed while it is used is found out.
#pragma once
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include <elbo/error.hpp>

namespace elbo::host::formats {

/// The data are not those of the plan, or not those of a moment ago.
class ChangedData : public UserError {
 public:
  using UserError::UserError;
};

/// All that the system knows of a file without reading it. Two states that are equal are of one content: whoever writes to a
/// file may set its time of modification, but not that of its last change (ctime).
struct FileState {
  uint64_t device = 0, inode = 0;
  int64_t size = 0, modified = 0, changed = 0;  // bytes; nanoseconds since 1970
  bool operator==(const FileState&) const = default;

  /// Not so long ago that a further change must have another time, on any file system.
  bool is_fresh() const {
    constexpr int64_t clock_grain = 2'000'000'000;
    const int64_t now = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
    return now - std::max(modified, changed) < clock_grain;
  }
};

/// Of an open file; nothing when the system does not say.
inline std::optional<FileState> state_of(int descriptor) {
  struct stat found{};
  if (::fstat(descriptor, &found) != 0) return {};
  const auto nanoseconds = [](const timespec& time) { return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec; };
  return FileState{found.st_dev, found.st_ino, found.st_size, nanoseconds(found.st_mtim), nanoseconds(found.st_ctim)};
}

}  // namespace elbo::host::formats
