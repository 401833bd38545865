#include "base/paths.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <string>

namespace elbo::host {
namespace fs = std::filesystem;
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::vector<fs::path> search_path(const char* variable, const fs::path& own) {
  std::vector<fs::path> folders;
  std::istringstream listed(environment(variable));
  for (std::string folder; std::getline(listed, folder, ':');)
    if (!folder.empty()) folders.emplace_back(folder);
  folders.push_back(own);
  return folders;
}

fs::path user_folder(const char* own, const char* xdg, const char* below_home) {
  if (const auto folder = environment(own); !folder.empty()) return folder;
  if (const auto folder = environment(xdg); !folder.empty()) return fs::path(folder) / "elbo";
  const passwd* user =
      getpwuid(geteuid());  // a folder that others can write in would let them plant what is read there
  const auto home = environment("HOME");
  return fs::path(!home.empty() ? home : user ? user->pw_dir : "/nonexistent") / below_home / "elbo";
}

}  // namespace

fs::path program_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

fs::path worker_program() {
  const auto chosen = environment("ELBO_WORKER");
  return chosen.empty() ? program_folder() / "elbo-worker" : fs::path(chosen);
}

std::vector<fs::path> plugin_folders() {
  return search_path("ELBO_PLUGIN_PATH", program_folder().parent_path() / "lib/elbo/plugins");
}

std::vector<fs::path> dataset_folders() {
  return search_path("ELBO_DATASET_PATH", program_folder().parent_path() / "share/elbo/datasets");
}

fs::path template_folder() { return program_folder().parent_path() / "share/elbo/templates"; }

fs::path report_folder() { return program_folder().parent_path() / "share/elbo/report"; }

fs::path data_folder() { return user_folder("ELBO_DATA", "XDG_DATA_HOME", ".local/share"); }

fs::path cache_folder() { return user_folder("ELBO_CACHE", "XDG_CACHE_HOME", ".cache"); }

}  // namespace elbo::host
