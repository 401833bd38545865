// Images in a folder: *.png, or a folder for each class. Taken in the order of their paths, so that the file
// system's own order does not matter.
#pragma once
#include <filesystem>

#include "data/dataset.hpp"

namespace elbo::data {

/// [images, channels, height, width] of bytes: 1 channel when no image has colour, else 3. Throws UserError: no
/// images, different sizes, 16 bits, transparency, or a file that is damaged.
Array read_png_folder(const std::filesystem::path& folder);
/// For images in folders of classes, the class of each: the place of its folder's name in alphabetical order.
Array read_png_labels(const std::filesystem::path& folder);

}  // namespace elbo::data
