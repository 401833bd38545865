#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <elbo/error.hpp>

namespace elbo::host::plugins {
namespace fs = std::filesystem;

inline const fs::path broken = ELBO_BROKEN_PLUGINS;

inline fs::path broken_plugin(const std::string& name) { return broken / "likelihood" / (name + ".so"); }

/// "likelihood:throws (/.../likelihood/throws.so): "
inline std::string prefix(const std::string& name) {
  return "likelihood:" + name + " (" + broken_plugin(name).string() + "): ";
}

/// A new empty folder, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "elbo-plugins-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }

  operator const fs::path&() const { return path_; }
  fs::path operator/(const fs::path& name) const { return path_ / name; }

 private:
  fs::path path_;
};

inline std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline fs::path write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

/// The sentence of the UserError that the call throws.
template <class Call>
std::string sentence(Call&& call) {
  try {
    call();
  } catch (const UserError& e) {
    return e.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace elbo::host::plugins
