// What the fuzzed readers of every kind of file share.
#pragma once
#include <elbo/error.hpp>

#include <cstddef>
#include <filesystem>
#include <span>

namespace elbo::host::fuzz {

using Bytes = std::span<const std::byte>;

inline const char* text(Bytes bytes) { return reinterpret_cast<const char*>(bytes.data()); }

/// The bytes as a file, for readers that open it themselves. It is in memory only.
class File {
 public:
  explicit File(Bytes bytes);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::filesystem::path path() const;

 private:
  int descriptor_;
};

/// A folder of this process, for readers that look around. It is gone with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  /// With the folders above it.
  std::filesystem::path write(const std::filesystem::path& name, Bytes bytes) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A refusal is an answer.
template <class Read>
void allow_refusal(Read read) {
  try {
    read();
  } catch (const Error&) {
  }
}

}  // namespace elbo::host::fuzz
