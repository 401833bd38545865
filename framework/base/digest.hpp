#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace elbo {

/// Lower-case hexadecimal.
std::string sha256(std::span<const std::byte> bytes);
std::string sha256(std::string_view text);
std::string md5(std::span<const std::byte> bytes);
/// Throws Error naming the file when it cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace elbo
