// PNG and JPEG files, through libpng and libjpeg-turbo: what their headers say, and their values as they are stored.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace elbo::host {

/// No image of more pixels a side, or more in all, is decoded.
constexpr int64_t most_pixels_a_side = 16384, most_pixels = 100'000'000;

struct ImageHeader {
  int64_t height = 0, width = 0;  // once the image is upright
  bool colour = false;            // false: the first channel says all
  bool alpha = false;             // the last channel says how opaque each pixel is
  int64_t bits = 8;               // of a value: 8 or 16
  std::string mode{};             // "RGB", "8-bit palette", "16-bit grey with alpha", ...
  int orientation = 1;            // of EXIF (tag 274): 1 is upright; pixels() turns others

  int64_t top() const { return (int64_t{1} << bits) - 1; }
};

/// Values [height, width, channels], row-major, from 0 to ImageHeader::top(). 1 and 2 channels are grey, 2 and 4 end with alpha.
struct Pixels {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint16_t> values{};
};

/// A PNG or JPEG file whose header has been read. Its first bytes say which, whatever its name.
class ImageFile {
 public:
  /// Throws UserError naming the file: neither format, damaged, CMYK, too large, or more pixels than so short a file can hold.
  explicit ImageFile(const std::filesystem::path& file);

  const ImageHeader& header() const { return header_; }
  /// Gamma and colour profiles are not applied. Throws UserError naming the file: damaged or truncated.
  Pixels pixels() const;
  /// Throws UserError "<file>: <found>; expected a whole PNG or JPEG image, grey or RGB; <remedy>".
  [[noreturn]] void refuse(const std::string& found, const std::string& remedy = "mend it or take it away") const;

 private:
  std::filesystem::path file_;
  std::string bytes_;
  ImageHeader header_;
};

/// The version of libjpeg-turbo: other versions may decode the same file to other values.
std::string jpeg_version();

}  // namespace elbo::host
