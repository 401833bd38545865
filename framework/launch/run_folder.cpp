#include "launch/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"

namespace elbo::launch {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

[[noreturn]] void refuse(const fs::path& folder, const std::string& reason) {
  throw UserError(fmt::format("{}: the output folder cannot be written: {}; choose another with --out DIR",
                              folder.string(), reason));
}

std::string own_host() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return host;
}

/// What the last holder wrote of itself.
std::optional<LockHolder> named_in(const fs::path& lock) {
  std::istringstream content(read_file(lock));
  LockHolder holder;
  if (!(content >> holder.process >> holder.host)) return {};
  holder.is_here = holder.host == own_host();
  return holder;
}

/// Open-file-description locks: they can be asked after without being taken, and network file systems have them.
struct flock whole_file() {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

Json read_json(const fs::path& file) {
  std::error_code error;
  return fs::exists(file, error) ? Json::parse(read_file(file), nullptr, false) : Json();
}

}  // namespace

FolderLock::FolderLock(const fs::path& folder) {
  const fs::path file = folder / "lock";
  descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) refuse(folder, std::strerror(errno));
  struct flock lock = whole_file();
  if (fcntl(descriptor_, F_OFD_SETLK, &lock) != 0) {
    const bool held = errno == EAGAIN || errno == EACCES;
    const std::string reason = std::strerror(errno);
    close(descriptor_);
    if (!held) refuse(folder, "it cannot be locked: " + reason);
    const auto holder = named_in(file);
    throw Error(fmt::format(
        "{}: {} is at work here; wait for it, stop it, or choose another folder with --out DIR", folder.string(),
        holder ? fmt::format("process {} on {}", holder->process, holder->host) : "another process"));
  }
  const std::string name = fmt::format("{} {}\n", getpid(), own_host());
  if (ftruncate(descriptor_, 0) != 0 || write(descriptor_, name.data(), name.size()) < 0) {
    const std::string reason = std::strerror(errno);
    close(descriptor_);
    refuse(folder, reason);
  }
}

// The file stays: removing it would let two programs lock two files of one name.
FolderLock::~FolderLock() { close(descriptor_); }

bool is_locked(const fs::path& folder) {
  const int descriptor = open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  struct flock lock = whole_file();
  const bool held = fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  close(descriptor);
  return held;
}

std::optional<LockHolder> lock_holder(const fs::path& folder) {
  return is_locked(folder) ? named_in(folder / "lock") : std::nullopt;
}

void make_output_folder(const fs::path& folder) {
  std::error_code error, ignored;
  fs::path missing = fs::absolute(folder).lexically_normal();  // the topmost part that is not there yet
  const bool is_new = !fs::exists(missing, ignored);
  while (is_new && !fs::exists(missing.parent_path(), ignored)) missing = missing.parent_path();
  fs::create_directories(folder, error);
  if (!error && !fs::is_directory(folder)) error = std::make_error_code(std::errc::not_a_directory);
  if (!error && access(folder.c_str(), W_OK | X_OK) != 0) error = {errno, std::generic_category()};
  if (!error) return;
  if (is_new) fs::remove_all(missing, ignored);
  refuse(folder, error.message());
}

bool RunFolder::has_complete_log() const { return fs::exists(log()) && !fs::exists(partial_log()); }

RunState RunFolder::state() const {
  if (fs::exists(path_ / "done.json") && has_complete_log()) return RunState::done;
  if (fs::exists(path_ / "failed.json")) return RunState::failed;
  return fs::exists(text()) ? RunState::started : RunState::fresh;
}

void RunFolder::prepare(std::string_view run_json) const {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw Error(path_.string() + ": cannot be made: " + error.message());
  write_atomically(path_ / "run.json", run_json);
  fs::remove(path_ / "failed.json");
  fs::remove(path_ / "done.json");
}

void RunFolder::mark_done(double seconds) const {
  if (!has_complete_log())
    throw Error(path_.string() + ": the worker ended without a log.h5; expected one; see log.txt there");
  const Json json = {{"log_sha256", sha256_of_file(log())}, {"seconds", seconds}};
  write_atomically(path_ / "done.json", json.dump(2) + "\n");
}

void RunFolder::mark_failed(const std::string& sentence) const {
  const Json json = {{"message", sentence}};
  write_atomically(path_ / "failed.json", json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::string RunFolder::failure() const {
  if (state() != RunState::failed) return "";
  const Json json = read_json(path_ / "failed.json");
  return json.is_object() ? json.value("message", "") : "";
}

double RunFolder::seconds() const {
  const Json json = read_json(path_ / "done.json");
  return json.is_object() ? json.value("seconds", 0.0) : 0.0;
}

}  // namespace elbo::launch
