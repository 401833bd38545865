#include "base/png.hpp"

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

struct PngFile::Image {
  explicit Image(std::string content) : bytes(std::move(content)) { png.version = PNG_IMAGE_VERSION; }
  ~Image() { png_image_free(&png); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  std::string message() const { return fmt::format("libpng says \"{}\"", png.message); }

  std::string bytes;
  png_image png{};
};

PngFile::PngFile(const std::filesystem::path& file) : file_(file), image_(std::make_unique<Image>(read_file(file))) {
  png_image& png = image_->png;
  if (!png_image_begin_read_from_memory(&png, image_->bytes.data(), image_->bytes.size())) refuse(image_->message());
  if (png.format & PNG_FORMAT_FLAG_LINEAR) refuse("has 16 bits a value");
  if (png.format & PNG_FORMAT_FLAG_ALPHA) refuse("has transparency");
  if (png.width > 16384 || png.height > 16384) refuse(fmt::format("is {} x {}", png.width, png.height));
}

PngFile::~PngFile() = default;

bool PngFile::has_colour() const { return image_->png.format & PNG_FORMAT_FLAG_COLOR; }
size_t PngFile::height() const { return image_->png.height; }
size_t PngFile::width() const { return image_->png.width; }

std::vector<uint8_t> PngFile::pixels(bool colour) {
  png_image& png = image_->png;
  png.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(png));
  if (!png_image_finish_read(&png, nullptr, pixels.data(), 0, nullptr)) refuse(image_->message());
  return pixels;
}

void PngFile::refuse(const std::string& found) const {
  throw UserError(file_.string() + ": " + found + "; expected a whole grey or RGB image of up to 8 bits a value");
}

}  // namespace elbo::host
