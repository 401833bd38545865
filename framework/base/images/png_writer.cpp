#include "base/images/png_writer.hpp"

#include <fmt/format.h>
#include <png.h>

#include <string>

#include <elbo/error.hpp>

#include "base/files.hpp"

namespace elbo::host {

std::string png(int64_t width, int64_t height, int64_t channels, std::span<const uint8_t> pixels) {
  const bool fits = width > 0 && height > 0 && static_cast<int64_t>(pixels.size()) == width * height * channels;
  if (!fits || (channels != 1 && channels != 3))
    throw Error(
        fmt::format("png: {} values for a picture of {} x {} with {} channels; expected width * height * 1 "
                    "(grey) or 3 (RGB)",
                    pixels.size(), width, height, channels));
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = bytes.size();
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr))
    throw Error(fmt::format("png: the picture cannot be encoded: {}", image.message));
  bytes.resize(size);
  return bytes;
}

void write_png(const std::filesystem::path& file, int64_t width, int64_t height, int64_t channels,
               std::span<const uint8_t> pixels) {
  write_atomically(file, png(width, height, channels, pixels));
}

}  // namespace elbo::host
