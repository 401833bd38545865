#pragma once
#include <cstdint>
#include <filesystem>
#include <span>

namespace elbo::report {

/// pixels [height, width, channels] row-major, 8 bits; 1 channel is grey, 3 are RGB. The file is there whole
/// or not at all. Throws Error: another number of channels or pixels, or a file that cannot be written.
void write_png(const std::filesystem::path& file, int64_t width, int64_t height, int64_t channels,
               std::span<const uint8_t> pixels);

}  // namespace elbo::report
