#include "base/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/transient.hpp"

namespace elbo::host {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& file, const char* what) {
  throw_system_error(file.string() + ": " + what, errno);
}

constexpr mode_t open_to_all = 0666;  // less what the user's umask takes away

/// Computers that share a folder have processes of one number.
fs::path temporary_of(const fs::path& file) {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return file.string() + ".tmp-" + sha256(std::string_view(host)).substr(0, 8) + "-" + std::to_string(::getpid());
}

void sync_path(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) fail(path, "cannot be opened to sync it");
  const int result = ::fsync(fd);
  const int saved = errno;
  ::close(fd);
  errno = saved;
  // Some network file systems do not sync folders; the rename itself still holds.
  if (result != 0 && errno != EINVAL) fail(path, "cannot be synced");
}

/// False, with errno, where not all of it could be written.
bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

/// A device, a pipe, or what stands for the program's own output: a file that took its name would be in its place.
bool is_passage(const fs::path& file) {
  std::error_code none;
  const fs::file_status status = fs::symlink_status(file, none);  // a link that leads to one may be laid by anybody
  const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
  return fs::is_character_file(status) || fs::is_fifo(status) || fs::is_socket(status) || folder == "/dev" ||
         folder == "/dev/fd" || folder == "/proc/self/fd";
}

/// A descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(fd_); }
  int operator*() const { return fd_; }

 private:
  int fd_;
};

void write_pieces(int fd, const fs::path& file, const std::function<std::string()>& next) {
  const Descriptor opened(fd);
  for (std::string piece = next(); !piece.empty(); piece = next())
    if (!write_all(*opened, piece)) fail(file, "cannot be written");
}

void write_through(const fs::path& file, const std::function<std::string()>& next) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) fail(file, "cannot be written");
  write_pieces(fd, file, next);
}

}  // namespace

std::string read_file(const fs::path& file) {
  if (fs::is_directory(file)) throw UserError(file.string() + ": is a folder; expected a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw UserError(file.string() + ": cannot be read: " + std::strerror(errno));
  std::ostringstream content;
  content << in.rdbuf();
  return std::move(content).str();
}

void write_atomically(const fs::path& file, std::string_view content) {
  write_atomically(file, [&] { return std::string(std::exchange(content, {})); });
}

void write_atomically(const fs::path& file, const std::function<std::string()>& next) {
  if (is_passage(file)) return write_through(file, next);
  const fs::path temporary = temporary_of(file);
  ::unlink(temporary.c_str());  // of a process of this number that was killed, or a link that somebody has laid
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, open_to_all);
  if (fd < 0) fail(file, "cannot be written");
  try {
    write_pieces(fd, file, next);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  publish(temporary, file);
}

void publish(const fs::path& from, const fs::path& to) {
  sync_path(from, O_RDONLY);
  if (::rename(from.c_str(), to.c_str()) != 0) fail(to, "cannot be put in place");
  sync_path(to.has_parent_path() ? to.parent_path() : fs::path("."), O_RDONLY | O_DIRECTORY);
}

}  // namespace elbo::host
