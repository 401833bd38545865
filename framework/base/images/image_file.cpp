#include "base/images/image_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/images/decoders.hpp"

namespace elbo::host {
namespace {

bool is_png(std::string_view bytes) { return bytes.starts_with("\x89PNG\r\n\x1a\n"); }
bool is_jpeg(std::string_view bytes) { return bytes.starts_with("\xFF\xD8\xFF"); }

/// What begins like this, in words.
std::string kind_of(std::string_view bytes) {
  if (bytes.empty()) return "is empty";
  if (bytes.starts_with("GIF8")) return "is a GIF image";
  if (bytes.starts_with("BM")) return "is a BMP image";
  if (bytes.starts_with("RIFF") && bytes.substr(std::min<size_t>(8, bytes.size())).starts_with("WEBP"))
    return "is a WebP image";
  if (bytes.starts_with("II*") || bytes.starts_with(std::string_view("MM\0*", 4))) return "is a TIFF image";
  if (bytes.starts_with("<")) return "is text in HTML or XML";
  return "is no image that can be read, as its first bytes say";
}

}  // namespace

namespace images {

void check_size(int64_t height, int64_t width, double least_bytes, size_t bytes) {
  if (height > most_pixels_a_side || width > most_pixels_a_side || height * width > most_pixels)
    throw BadImage(
        fmt::format("says that it is {} x {} pixels large, and at most {} a side and {} million in all are "
                    "read",
                    height, width, most_pixels_a_side, most_pixels / 1'000'000));
  if (least_bytes > static_cast<double>(bytes))
    throw BadImage(fmt::format("says that it is {} x {} pixels large and has {} bytes, too few for them (truncated)",
                               height, width, bytes));
}

}  // namespace images

ImageFile::ImageFile(const std::filesystem::path& file) : file_(file), bytes_(read_file(file)) {
  if (!is_png(bytes_) && !is_jpeg(bytes_))
    refuse(kind_of(bytes_), "convert it, as by mogrify -format png, or take it away");
  try {
    header_ = is_png(bytes_) ? images::png_header(bytes_) : images::jpeg_header(bytes_);
  } catch (const images::BadImage& fault) {
    refuse(fault.what());
  }
  if (header_.orientation >= 5) std::swap(header_.height, header_.width);
}

Pixels ImageFile::pixels() const {
  try {
    return images::upright(is_png(bytes_) ? images::png_pixels(bytes_) : images::jpeg_pixels(bytes_),
                           header_.orientation);
  } catch (const images::BadImage& fault) {
    refuse(fault.what());
  }
}

void ImageFile::refuse(const std::string& found, const std::string& remedy) const {
  throw UserError(
      fmt::format("{}: {}; expected a whole PNG or JPEG image, grey or RGB; {}", file_.string(), found, remedy));
}

}  // namespace elbo::host
