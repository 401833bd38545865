#include "launch/run_folder.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <sstream>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "log/provenance.hpp"

namespace elbo::host::launch {
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
  return fs::exists(file, error) ? json_or_discarded(read_file(file)) : Json();
}

/// "-seed1-0123abcd": what the folder of a run has after its name.
std::string end_of(const std::string& folder) { return folder.substr(std::min(folder.rfind("-seed"), folder.size())); }

Json plan_in(const fs::path& folder) {
  std::error_code error;
  const fs::path file = folder / "run.json";
  return fs::exists(file, error) ? json_or_discarded(read_file(file)) : Json();
}

bool is_of(const fs::path& folder, const Run& run) { return member_or(plan_in(folder), "id", "") == run.id(); }

std::multimap<std::string, fs::path> folders_by_end(const fs::path& out) {
  std::multimap<std::string, fs::path> folders;
  for (const auto& entry : fs::directory_iterator(out))
    if (entry.is_directory()) folders.emplace(end_of(entry.path().filename().string()), entry.path());
  return folders;
}

/// Where the run is under another name, a finished one first; empty when it is nowhere.
fs::path former_folder(const Run& run, const std::multimap<std::string, fs::path>& folders) {
  fs::path found;
  const auto [first, last] = folders.equal_range(end_of(run.folder()));
  for (auto it = first; it != last; ++it)
    if (is_of(it->second, run) && (found.empty() || RunFolder(it->second).state() == RunState::done))
      found = it->second;
  return found;
}

void correct_names(const RunFolder& folder, const Run& run) {
  const std::string plan = to_json(run).dump(2);
  for (const fs::path& log : {folder.log(), folder.partial_log()})
    if (fs::exists(log)) log::set_names(log, run.title(), plan);
  if (folder.state() == RunState::done) folder.mark_done(folder.seconds());  // the hash of the log is another one now
  write_atomically(folder.path() / "run.json", plan + "\n");
}

void must_be_at_rest(const fs::path& folder, const Run& run, const std::function<bool(const std::string&)>& is_queued) {
  const RunState state = RunFolder(folder).state();
  const bool has_ended = state == RunState::done || state == RunState::failed;
  if (is_locked(folder) || (!has_ended && is_queued(folder.filename().string())))
    throw UserError(
        fmt::format("variant '{}': its run with seed {} is at work under a former name, in {}; wait for it, or give "
                    "the variant that name again",
                    run.variant, run.seed, folder.string()));
}

}  // namespace

FolderLock::FolderLock(const fs::path& folder) {
  const fs::path file = folder / "lock";
  descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);  // less the umask
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
  Json json = {{"log_sha256", sha256_of_file(log())}, {"seconds", seconds}};
  if (const fs::path weights = path_ / weights_file; fs::exists(weights))
    json["weights_sha256"] = sha256_of_file(weights);
  write_atomically(path_ / "done.json", json.dump(2) + "\n");
}

void RunFolder::mark_failed(const std::string& sentence) const {
  const Json json = {{"message", sentence}};
  write_atomically(path_ / "failed.json", json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::string RunFolder::failure() const {
  if (state() != RunState::failed) return "";
  return member_or(read_json(path_ / "failed.json"), "message", "");
}

double RunFolder::seconds() const { return member_or(read_json(path_ / "done.json"), "seconds", 0.0); }

std::vector<std::string> rename_known_runs(const Plan& plan, const fs::path& out,
                                           const std::function<bool(const std::string& folder)>& is_queued) {
  std::vector<std::string> sentences;
  const auto folders = folders_by_end(out);
  for (const Run& run : plan.runs) {
    const fs::path folder = out / run.folder();
    const fs::path former = fs::exists(folder) ? folder : former_folder(run, folders);
    const Json names = former.empty() ? Json() : plan_in(former);
    if (!names.is_object() ||
        (member_or(names, "variant", "") == run.variant && member_or(names, "experiment", "") == run.experiment &&
         seed_rule_in(names) == run.seed_rule))
      continue;
    must_be_at_rest(former, run, is_queued);
    if (former != folder) fs::rename(former, folder);
    correct_names(RunFolder(folder), run);
    if (member_or(names, "variant", "") == run.variant && member_or(names, "experiment", "") == run.experiment)
      continue;
    const std::string sentence =
        member_or(names, "variant", "") == run.variant
            ? fmt::format("experiment '{}' is called '{}' now", member_or(names, "experiment", ""), run.experiment)
            : fmt::format("variant '{}' is called '{}' now", member_or(names, "variant", ""), run.variant);
    if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end()) sentences.push_back(sentence);
  }
  return sentences;
}

}  // namespace elbo::host::launch
