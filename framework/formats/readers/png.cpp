// Images in a folder: *.png, or a folder for each class. Taken in the order of their paths, so that the file
// system's own order does not matter.
#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/png.hpp"
#include "format_files.hpp"
#include "formats/array.hpp"

namespace elbo::host::formats {
namespace fs = std::filesystem;
namespace {

struct Images {
  std::vector<fs::path> files;
  int64_t hidden = 0,
          others = 0;  // files that are skipped: what systems and programs put beside images, and other formats
  std::string other;   // the first of those
};

/// What begins with a dot (.ipynb_checkpoints, the ._ files of macOS) or is put there by an archiver.
bool is_hidden(const fs::path& inside) {
  return std::any_of(inside.begin(), inside.end(), [](const fs::path& part) {
    return part.string().starts_with('.') || part == "__MACOSX" || part == "Thumbs.db" || part == "desktop.ini";
  });
}

Images images_below(const fs::path& folder) {
  std::error_code refused;
  Images images;
  for (const auto& entry : fs::recursive_directory_iterator(folder, refused)) {
    if (entry.is_directory()) continue;
    std::string extension = entry.path().extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    const fs::path inside = entry.path().lexically_relative(folder);
    if (is_hidden(inside)) ++images.hidden;
    else if (extension == ".png") images.files.push_back(entry.path());
    else if (++images.others; images.other.empty() || inside.string() < images.other) images.other = inside.string();
  }
  if (images.files.empty())
    throw UserError(folder.string() + ": holds no PNG images" +
                    (images.others > 0 ? " but files such as " + images.other : "") +
                    "; expected *.png, or folders of them; other formats can be converted, as by mogrify -format png");
  std::sort(images.files.begin(), images.files.end());
  return images;
}

std::vector<std::string> notes_of(const Images& images) {
  std::vector<std::string> notes;
  if (images.hidden > 0) notes.push_back(fmt::format("hidden files skipped: {}", images.hidden));
  if (images.others > 0)
    notes.push_back(fmt::format("files of other kinds skipped: {}, such as {}", images.others, images.other));
  return notes;
}

void append_planes(const std::vector<uint8_t>& pixels, size_t channels, std::vector<uint8_t>& to) {
  for (size_t channel = 0; channel < channels; ++channel)
    for (size_t i = channel; i < pixels.size(); i += channels) to.push_back(pixels[i]);
}

/// [images, channels, height, width] of bytes: 1 channel when no image has colour, else 3.
Array images_of(const fs::path& folder) {
  const Images found = images_below(folder);
  const std::vector<fs::path>& images = found.files;
  const bool colour =
      std::any_of(images.begin(), images.end(), [](const fs::path& file) { return PngFile(file).has_colour(); });
  const size_t channels = colour ? 3 : 1;
  std::vector<uint8_t> values;
  size_t height = 0, width = 0;
  for (const fs::path& file : images) {
    PngFile image(file);
    if (values.empty()) height = image.height(), width = image.width();
    if (image.height() != height || image.width() != width)
      image.refuse(fmt::format("is {} x {} and {} is {} x {}", image.height(), image.width(),
                               images[0].filename().string(), height, width));
    append_planes(image.pixels(colour), channels, values);
  }
  const Shape shape{static_cast<int64_t>(images.size()), static_cast<int64_t>(channels), static_cast<int64_t>(height),
                    static_cast<int64_t>(width)};
  return {.shape = shape, .values = std::move(values), .columns = {}, .table = {}, .notes = notes_of(found)};
}

/// For images in folders of classes, the class of each: the place of its folder's name in alphabetical order.
Array classes_of(const fs::path& folder) {
  std::vector<std::string> classes;
  for (const fs::path& file : images_below(folder).files) {
    const fs::path inside = file.lexically_relative(folder).parent_path();
    if (inside.empty())
      throw UserError(file.string() + ": lies in no folder of its class; expected " + folder.string() +
                      "/<class>/*.png");
    classes.push_back(inside.string());
  }
  return coded(classes);
}

}  // namespace

namespace readers {

constinit const Format png{.name = "png",
                           .match = [](const Candidate& c) { return c.is_folder() ? Match::by_name : Match::none; },
                           .read = [](const Request& r) { return r.labels ? classes_of(r.path) : images_of(r.path); },
                           .container = true};

}  // namespace readers
}  // namespace elbo::host::formats
