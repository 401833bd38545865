// A folder for files that are gone with it.
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <string>

#include <elbo/error.hpp>

namespace elbo::host::bench {

struct Scratch {
  std::filesystem::path folder;

  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "elbo-bench-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw Error(name + ": cannot be made; expected room for temporary files");
    folder = name;
  }
  ~Scratch() {
    std::error_code gone;
    std::filesystem::remove_all(folder, gone);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

}  // namespace elbo::host::bench
