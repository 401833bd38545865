#include "hdf5/walk.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "hdf5/handle.hpp"
#include "hdf5/lzf.hpp"

namespace elbo::host::h5 {
namespace fs = std::filesystem;
namespace {

constexpr auto longest_walk = std::chrono::seconds(60);
constexpr hsize_t largest_read = 1 << 20;  // bytes of a text's dataset or of an attribute; values lead nowhere

/// What is read of a type of any kind, and let go again.
void read_into_nothing(hid_t type, hid_t space, const std::function<void(hid_t, void*)>& read) {
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  const Type memory(H5Tget_native_type(type, H5T_DIR_DEFAULT));
  const size_t size = memory < 0 ? 0 : H5Tget_size(memory);
  if (count <= 0 || size == 0 || static_cast<hsize_t>(count) > largest_read / size) return;
  std::vector<char> bytes(static_cast<size_t>(count) * size);
  read(memory, bytes.data());
  if (H5Tis_variable_str(type) > 0 || H5Tget_class(type) == H5T_VLEN)
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, bytes.data());
}

herr_t look_at_attribute(hid_t object, const char* name, const H5A_info_t*, void*) {
  const Attribute attribute(H5Aopen(object, name, H5P_DEFAULT));
  if (attribute < 0) return 0;
  const Type type(H5Aget_type(attribute));
  const Space space(H5Aget_space(attribute));
  read_into_nothing(type, space, [&](hid_t memory, void* bytes) { H5Aread(attribute, memory, bytes); });
  return 0;
}

herr_t keep_name(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<std::set<std::string>*>(names)->insert(name);
  return 0;
}

/// Also in the order in which readers ask for them; whatever the library can still list after it met a fault.
std::set<std::string> links_of(hid_t group) {
  std::set<std::string> names;
  H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, keep_name, &names);
  H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep_name, &names);
  return names;
}

void look_at_values(hid_t dataset) {
  const Type type(H5Dget_type(dataset));
  const Space space(H5Dget_space(dataset));
  const Properties creation(H5Dget_create_plist(dataset));
  if (H5Pget_external_count(creation) > 0 || H5Pget_layout(creation) == H5D_VIRTUAL) return;
  H5Dget_storage_size(dataset);  // goes through the index of its chunks
  if (H5Tget_class(type) == H5T_STRING || H5Tget_class(type) == H5T_VLEN)
    read_into_nothing(type, space, [&](hid_t memory, void* bytes) {
      H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes);
    });
}

/// Each object once, however many links lead to it.
void look_at_object(hid_t object, std::set<haddr_t>& seen, int depth = 0) {
  constexpr int deepest = 200;
  ObjectInfo info{};
  if (H5Oget_info2(object, &info, H5O_INFO_BASIC) >= 0 && !seen.insert(info.addr).second) return;
  H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, look_at_attribute, nullptr);
  if (H5Iget_type(object) == H5I_DATASET) look_at_values(object);
  if (H5Iget_type(object) != H5I_GROUP || depth == deepest) return;
  for (const std::string& name : links_of(object)) {
    H5L_info_t link{};
    if (H5Lget_info(object, name.c_str(), &link, H5P_DEFAULT) < 0 || link.type == H5L_TYPE_EXTERNAL) continue;
    const Object child(H5Oopen(object, name.c_str(), H5P_DEFAULT));
    if (child >= 0) look_at_object(child, seen, depth + 1);
  }
}

/// As one that nobody writes, or, where the library refuses that, as one that is being written.
FileHandle opened_somehow(const fs::path& file) {
  const Properties access(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_file_locking(access, false, true);
  H5Pset_metadata_read_attempts(access, read_attempts);
  FileHandle opened(H5Fopen(file.c_str(), H5F_ACC_RDONLY, access));
  if (opened < 0) opened = FileHandle(H5Fopen(file.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access));
  return opened;
}

void walk(const fs::path& file) {
  const FileHandle opened = opened_somehow(file);
  const Object root(opened < 0 ? H5I_INVALID_HID : H5Oopen(opened, "/", H5P_DEFAULT));
  std::set<haddr_t> seen;
  if (root >= 0) look_at_object(root, seen);
}

/// From now on this process may take so many bytes more, whatever a file claims.
void limit_memory(rlim_t more) {
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t most = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + more;
  const rlimit limit = {most, most};
  if (pages > 0) setrlimit(RLIMIT_AS, &limit);
}

/// A byte on standard output for each file that it has come through.
int walk_through(std::span<const fs::path> files) {
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  limit_memory(rlim_t{1} << 30);
  prepare_filters();
  mallopt(M_PERTURB,
          0xa5);  // what the library frees though it never set it is found out here, whatever lay there before
  for (const fs::path& file : files) {
    walk(file);
    if (write(STDOUT_FILENO, ".", 1) != 1) return 1;
  }
  return 0;
}

std::string what_went_wrong(const Ended& child) {
  return child.timed_out
             ? fmt::format("has structures that lead round in a circle, or more of them than can be looked at in {} s",
                           longest_walk.count())
             : "has damaged structures, over which the HDF5 library " + describe_status(child.status);
}

/// Equal for a file that nobody has written to.
using State = std::array<int64_t, 5>;
State state_of(const fs::path& file) {
  struct stat s{};
  if (stat(file.c_str(), &s) != 0) return {};
  return {static_cast<int64_t>(s.st_dev), static_cast<int64_t>(s.st_ino), s.st_size, s.st_mtim.tv_sec,
          s.st_mtim.tv_nsec};
}

/// Of the files that were walked through: what was wrong, empty where nothing was.
std::map<State, std::string>& known() {
  static std::map<State, std::string> faults;
  return faults;
}
std::mutex one_at_a_time;

void walk_through_in_children(std::span<const fs::path> files) {
  static const std::atomic<bool> never = false;
  while (!files.empty()) {
    std::vector<State> states;
    for (const fs::path& file : files) states.push_back(state_of(file));
    const Ended child = run_to_end([&] { return walk_through(files); }, longest_walk, never);
    const size_t came_through = std::min(child.out.size(), files.size());
    for (size_t i = 0; i < came_through; ++i) known()[states[i]] = "";
    if (came_through < files.size()) known()[states[came_through]] = what_went_wrong(child);
    files = files.subspan(std::min(came_through + 1, files.size()));
  }
}

}  // namespace

void walk_in_a_child(const std::vector<fs::path>& files) {
  const std::lock_guard lock(one_at_a_time);
  std::vector<fs::path> unknown;
  for (const fs::path& file : files)
    if (!known().contains(state_of(file))) unknown.push_back(file);
  constexpr size_t together = 32;
  for (size_t i = 0; i < unknown.size(); i += together)
    walk_through_in_children(std::span(unknown).subspan(i, std::min(together, unknown.size() - i)));
}

void must_survive_a_walk(const fs::path& file) {
  walk_in_a_child({file});
  const std::lock_guard lock(one_at_a_time);
  const auto found = known().find(state_of(file));
  if (found != known().end() && !found->second.empty())
    throw Failure(file.string() + ": " + found->second + "; expected a whole HDF5 file; copy it again");
}

}  // namespace elbo::host::h5
