// Writes PNG pictures of 8 bits a value, grey or RGB, through libpng; images/image_file.hpp reads them.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace elbo::host {

/// The bytes of a PNG file of pixels [height, width, channels] row-major, 8 bits; 1 channel is grey, 3 are RGB.
/// Throws Error: another number of channels or pixels.
std::string png(int64_t width, int64_t height, int64_t channels, std::span<const uint8_t> pixels);
/// The same in a file, which is there whole or not at all. Throws Error: as png(), or a file that cannot be written.
void write_png(const std::filesystem::path& file, int64_t width, int64_t height, int64_t channels,
               std::span<const uint8_t> pixels);

}  // namespace elbo::host
