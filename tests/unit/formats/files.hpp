// What the tests of this folder write and how they look at refusals.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "formats/format.hpp"

namespace elbo::host::test {
namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "elbo-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  operator const fs::path&() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// So much memory for this process while it lives: a quarter of that is what a packed file may hold.
class LimitedMemory {
 public:
  explicit LimitedMemory(rlim_t bytes) {
    getrlimit(RLIMIT_DATA, &before_);
    const rlimit set = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_DATA, &set);
  }
  ~LimitedMemory() { setrlimit(RLIMIT_DATA, &before_); }
  LimitedMemory(const LimitedMemory&) = delete;
  LimitedMemory& operator=(const LimitedMemory&) = delete;

 private:
  rlimit before_{};
};

inline fs::path write(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

inline fs::path write_gzip(const fs::path& file, const std::string& content) {
  const gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, content.data(), static_cast<unsigned>(content.size()));
  gzclose(out);
  return file;
}

inline std::string slurp(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string big_endian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

inline std::string idx(uint8_t type, const std::vector<uint32_t>& sizes, const std::string& values) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(sizes.size())};
  for (const uint32_t size : sizes) bytes += big_endian(size);
  return bytes + values;
}

/// An NPY file: type and shape as Python writes them.
inline std::string npy(const std::string& descr, const std::string& shape, const std::string& values,
                       bool fortran = false) {
  std::string header =
      "{'descr': " + descr + ", 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string start{"\x93NUMPY\x01\x00", 8};
  start += static_cast<char>(header.size() & 255);
  start += static_cast<char>(header.size() >> 8);
  return start + header + values;
}

inline std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
inline const std::vector<float>& floats(const formats::Array& array) {
  return std::get<std::vector<float>>(array.values);
}

/// What the reader of the format makes of these bytes, or of this file or folder.
inline formats::Array parse(const char* format, std::span<const std::byte> bytes, const fs::path& path,
                            const std::string& part = "", bool labels = false, int64_t values = 0) {
  return formats::find_format(format)->parse(bytes, {.path = path, .part = part, .labels = labels, .values = values});
}
inline formats::Array read(const char* format, const fs::path& path, const std::string& part = "",
                           bool labels = false) {
  return formats::read_with(*formats::find_format(format), {path, part, labels});
}

inline std::string md5_of(const std::string& content) { return md5(std::as_bytes(std::span(content))); }

/// The sentence of the UserError that `action` throws; a failed test and "" when it throws none.
template <class Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const UserError& fault) {
    const std::string sentence = fault.what();
    EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
    return sentence;
  }
  ADD_FAILURE() << "expected a UserError";
  return "";
}

/// `parse` is given every truncation of `whole` and copies with one byte changed: it returns or throws UserError.
template <class Parse>
void expect_no_damage_harms(const std::string& whole, Parse parse, int copies = 2000) {
  const auto attempt = [&](const std::string& bytes) {
    try {
      parse(std::as_bytes(std::span(bytes)));
    } catch (const UserError& fault) {
      EXPECT_EQ(std::string(fault.what()).find('\n'), std::string::npos) << fault.what();
    }
  };
  for (size_t length = 0; length < whole.size(); ++length) attempt(whole.substr(0, length));
  uint32_t state = 1;
  for (int i = 0; i < copies; ++i) {
    std::string damaged = whole;
    state = state * 1664525u + 1013904223u;
    damaged[(state >> 8) % damaged.size()] = static_cast<char>(state >> 24);
    attempt(damaged);
  }
}

#define EXPECT_SAYS(sentence, part) \
  EXPECT_NE((sentence).find(part), std::string::npos) << (sentence) << "\n  does not say: " << (part)

/// Sets a variable of the environment for the life of the object.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Environment() { ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

}  // namespace elbo::host::test
