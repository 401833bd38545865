// Files as their decoded bytes: a gzip file and its content are the same data.
#pragma once
#include <cstddef>
#include <filesystem>
#include <vector>

namespace elbo::host::formats {

/// The file's bytes, unpacked if it is gzip. Throws UserError when it cannot be read, is truncated, damaged or goes on
/// after its end.
std::vector<std::byte> decoded_bytes(const std::filesystem::path& file);

}  // namespace elbo::host::formats
