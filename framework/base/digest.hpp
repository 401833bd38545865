#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace elbo::host {

/// Lower-case hexadecimal.
std::string sha256(std::span<const std::byte> bytes);
std::string sha256(std::string_view text);
std::string md5(std::span<const std::byte> bytes);

/// MD5 of bytes that come a piece at a time.
class Md5 {
 public:
  Md5();
  void add(std::span<const std::byte> bytes);
  /// Of all that was added; nothing may be added afterwards.
  std::string hex();

 private:
  std::shared_ptr<void> context_;
};

/// Throws Error naming the file when it cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace elbo::host
