// What image_file.cpp asks of the decoders of PNG and JPEG.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/images/pixels.hpp"

namespace elbo::host::images {

/// What is wrong with an image, without the file's name.
struct BadImage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

ImageHeader png_header(std::string_view bytes);
Pixels png_pixels(std::string_view bytes);
ImageHeader jpeg_header(std::string_view bytes);
Pixels jpeg_pixels(std::string_view bytes);

/// Throws BadImage where an image has too many pixels, or more than `least_bytes` say that the file can hold. To be called before
/// memory is taken for them.
void check_size(int64_t height, int64_t width, double least_bytes, size_t bytes);

/// The orientation in EXIF data, which begin with the TIFF header; 1 where they say none.
int exif_orientation(std::string_view exif);
/// The image as its orientation means it.
Pixels upright(Pixels stored, int orientation);

}  // namespace elbo::host::images
