// The values of one image at the size that is asked for, in whole numbers throughout, so that every machine makes the same ones.
#pragma once
#include "base/images/pixels.hpp"
#include "formats/image_options.hpp"

namespace elbo::host::formats {

/// Pixels without alpha: each value v of opacity a becomes (v a + background (top - a)) / top, rounded. `is_transparent` is set where
/// some a is below `top`, the largest value.
Pixels composited(Pixels image, const std::string& background, int64_t top, bool& is_transparent);

/// The size that an image of this size gets. `fault` says what is wrong, if anything: too small for crop, too large for pad.
ImageSize size_made(ImageSize stored, const ImageOptions& options, std::string& fault);
/// The image at that size: cropped, then resized, then padded with `pad_value` as it is.
Pixels sized(Pixels image, const ImageOptions& options);

/// The image at another size. Area: each new pixel is the mean of the area of the stored image that it covers. Bilinear: weights that
/// fall linearly to 0 at the distance of one pixel, or of n / m pixels where n shrink to m, as Pillow has them.
Pixels resized(const Pixels& image, ImageSize size, bool bilinear);

}  // namespace elbo::host::formats
