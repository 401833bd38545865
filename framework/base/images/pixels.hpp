// What the header of an image says, and its values.
#pragma once
#include <cstdint>
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

}  // namespace elbo::host
