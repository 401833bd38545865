#include "log/upkeep/writer_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include <elbo/error.hpp>

namespace elbo::host::log {
namespace {

// One byte far behind any content. A lock for reading, since on network file systems it would otherwise keep
// readers out; an open-file-description lock, since HDF5 closing the same file must not release it.
struct flock far_byte(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = off_t{1} << 62;
  lock.l_len = 1;
  return lock;
}

}  // namespace

WriterLock::WriterLock(const std::filesystem::path& file) : descriptor_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct flock lock = far_byte(F_RDLCK);
  if (descriptor_ >= 0) ::fcntl(descriptor_, F_OFD_SETLK, &lock);
}

WriterLock::WriterLock(WriterLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

WriterLock::~WriterLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool is_being_written(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  struct flock lock = far_byte(F_WRLCK);
  const bool held = ::fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(descriptor);
  return held;
}

void must_not_be_written(const std::filesystem::path& file) {
  if (is_being_written(file))
    throw UserError(file.string() +
                    ": is being written by another process; expected that its run has ended; wait or stop it");
}

}  // namespace elbo::host::log
