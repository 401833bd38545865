// What is made of the images of a folder when they are read: [dataset] background, crop, resize, pad, in this order.
#pragma once
#include <cstdint>
#include <string>

namespace elbo::host::formats {

struct ImageSize {
  int64_t height = 0, width = 0;
  bool operator==(const ImageSize&) const = default;
};

struct ImageOptions {
  std::string background;  // "white", "grey", "black": what transparent pixels are laid over; "" refuses them
  ImageSize crop{}, resize{}, pad{};  // 0 x 0: not
  bool bilinear = false;              // resize weighs by distance, not by area
  bool keep_aspect = false;           // resize takes the largest middle part of the new shape, and stretches nothing
  int64_t pad_value = 0;

  bool set_size() const { return crop.height + resize.height + pad.height > 0; }
};

/// What a folder of images held before that.
struct ImageFacts {
  int64_t levels = 256;
  bool has_transparency = false;  // some pixel is not opaque
  bool has_other_sizes = false;   // some image has another size than the one it was given
};

}  // namespace elbo::host::formats
