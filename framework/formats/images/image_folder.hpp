// Folders of PNG and JPEG images, which may lie in a folder for each class: which files there are, and what they hold together.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/images/pixels.hpp"
#include "formats/format.hpp"

namespace elbo::host::formats {

/// Files below a folder in the order of their paths, so that the file system's own order does not matter.
struct ImageFolder {
  std::filesystem::path folder;
  std::vector<std::filesystem::path> files;
  bool has_classes = false;          // they lie in folders
  int64_t hidden = 0;                // files of systems and programs, which are skipped
  int64_t others = 0, beside = 0;    // files of other formats; images beside the folders of classes: skipped, too
  std::string other, beside_folder;  // the first of each, as a path inside the folder
};

constexpr std::string_view png_names = " .png ", image_names = " .png .jpg .jpeg .jpe .jfif ";

/// Those whose extension, in any case of letters, is among these.
ImageFolder find_images(const std::filesystem::path& folder, std::string_view extensions = image_names);

/// What the headers of the images say.
struct ImageSurvey {
  std::map<std::pair<int64_t, int64_t>, int64_t> sizes{};                     // images of each height and width
  std::map<std::pair<int64_t, int64_t>, std::filesystem::path> first_file{};  // the first image of each size
  std::map<std::string, int64_t> modes{};                                     // images of each mode
  int64_t images = 0, with_colour = 0, with_alpha = 0, turned = 0;            // turned: not upright as stored
  int64_t bits = 8;                                                           // the most that a value has

  void add(const std::filesystem::path& file, const ImageHeader& header);
};

/// Throws UserError naming the first file that is no image or too large.
ImageSurvey survey_of(const ImageFolder& images);

/// Whether some pixel of some image is not opaque. Decodes those with alpha. Throws UserError as read_images().
bool has_transparency(const ImageFolder& images);

/// [images, channels, height, width]: 1 channel when no image has colour, else 3; bytes, or floats where an image has 16 bits. Throws
/// UserError: no images, damaged ones, unequal sizes, transparency without a background, more values than there is memory.
Array read_images(const Request& request, std::string_view extensions);
/// For images in folders of classes, the class of each: the place of its folder's name in alphabetical order.
Array classes_of_images(const Request& request, std::string_view extensions);

}  // namespace elbo::host::formats
