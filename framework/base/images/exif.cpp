#include <algorithm>

#include "base/images/decoders.hpp"

namespace elbo::host::images {
namespace {

constexpr uint32_t orientation_tag = 0x0112, short_type = 3;

/// Numbers of EXIF data, which are little-endian ("II") or big-endian ("MM"). Beyond their end all bytes are 0.
class ExifNumbers {
 public:
  explicit ExifNumbers(std::string_view bytes) : bytes_(bytes), is_little_(bytes.starts_with("II")) {}
  uint32_t read(size_t at, size_t size) const {
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) value = value << 8 | byte(at + (is_little_ ? size - 1 - i : i));
    return value;
  }

 private:
  uint32_t byte(size_t at) const { return at < bytes_.size() ? static_cast<unsigned char>(bytes_[at]) : 0; }
  std::string_view bytes_;
  bool is_little_;
};

}  // namespace

int exif_orientation(std::string_view exif) {
  if (!exif.starts_with("II") && !exif.starts_with("MM")) return 1;
  const ExifNumbers numbers(exif);
  const size_t directory = numbers.read(4, 4);
  const uint32_t entries = numbers.read(directory, 2);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + size_t{12} * i;
    if (entry + 12 > exif.size()) break;
    if (numbers.read(entry, 2) != orientation_tag || numbers.read(entry + 2, 2) != short_type) continue;
    const uint32_t orientation = numbers.read(entry + 8, 2);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  }
  return 1;
}

Pixels upright(Pixels stored, int orientation) {
  if (orientation == 1) return stored;
  const bool is_turned = orientation >= 5;
  const int64_t h = stored.height, w = stored.width;
  Pixels image{.height = is_turned ? w : h, .width = is_turned ? h : w, .channels = stored.channels};
  image.values.reserve(stored.values.size());
  // Where row y and column x of the upright image are stored (EXIF 2.3, tag 274).
  const bool from_the_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool from_the_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      const int64_t row = is_turned ? x : y, column = is_turned ? y : x;
      const int64_t pixel = (from_the_bottom ? h - 1 - row : row) * w + (from_the_right ? w - 1 - column : column);
      const auto first = stored.values.begin() + pixel * stored.channels;
      image.values.insert(image.values.end(), first, first + stored.channels);
    }
  return image;
}

}  // namespace elbo::host::images
