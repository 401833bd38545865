#include "fuzz/support.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace elbo::host::fuzz {
namespace fs = std::filesystem;

File::File(Bytes bytes) : descriptor_(memfd_create("elbo-fuzz", MFD_CLOEXEC)) {
  if (::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw Error("no memory for a file");
}

File::~File() { close(descriptor_); }

fs::path File::path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

Folder::Folder() : path_(fs::temp_directory_path() / ("elbo-fuzz-" + std::to_string(getpid()))) {
  fs::remove_all(path_);
  fs::create_directory(path_);
}

Folder::~Folder() {
  std::error_code unused;
  fs::remove_all(path_, unused);
}

fs::path Folder::write(const fs::path& name, Bytes bytes) const {
  const fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary).write(text(bytes), static_cast<std::streamsize>(bytes.size()));
  return file;
}

}  // namespace elbo::host::fuzz
