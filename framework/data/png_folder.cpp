#include "data/png_folder.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "data/codes.hpp"

namespace elbo::data {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> images_below(const fs::path& folder) {
  std::error_code refused;
  std::vector<fs::path> images;
  for (const auto& entry : fs::recursive_directory_iterator(folder, refused)) {
    std::string extension = entry.path().extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    if (extension == ".png") images.push_back(entry.path());
  }
  if (images.empty()) throw UserError(folder.string() + ": holds no PNG images; expected *.png, or folders of them");
  std::sort(images.begin(), images.end());
  return images;
}

/// An image whose header has been read.
class Png {
 public:
  explicit Png(const fs::path& file) : file_(file), bytes_(read_file(file)) {
    image_.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&image_, bytes_.data(), bytes_.size())) refuse(message());
    if (image_.format & PNG_FORMAT_FLAG_LINEAR) refuse("has 16 bits a value");
    if (image_.format & PNG_FORMAT_FLAG_ALPHA) refuse("has transparency");
    if (image_.width > 16384 || image_.height > 16384) refuse(fmt::format("is {} x {}", image_.width, image_.height));
  }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  bool has_colour() const { return image_.format & PNG_FORMAT_FLAG_COLOR; }
  size_t height() const { return image_.height; }
  size_t width() const { return image_.width; }

  /// Rows of pixels, the channels of a pixel side by side.
  std::vector<uint8_t> pixels(bool colour) {
    image_.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(image_));
    if (!png_image_finish_read(&image_, nullptr, pixels.data(), 0, nullptr)) refuse(message());
    return pixels;
  }
  [[noreturn]] void refuse(const std::string& found) const {
    throw UserError(file_.string() + ": " + found + "; expected a whole grey or RGB image of up to 8 bits a value");
  }

 private:
  std::string message() const { return fmt::format("libpng says \"{}\"", image_.message); }

  fs::path file_;
  std::string bytes_;
  png_image image_{};
  // Not a destructor's work: the constructor refuses images that the library has begun.
  std::unique_ptr<png_image, void (*)(png_image*)> freed_{&image_, &png_image_free};
};

void append_planes(const std::vector<uint8_t>& pixels, size_t channels, std::vector<uint8_t>& to) {
  for (size_t channel = 0; channel < channels; ++channel)
    for (size_t i = channel; i < pixels.size(); i += channels) to.push_back(pixels[i]);
}

}  // namespace

Array read_png_folder(const fs::path& folder) {
  const std::vector<fs::path> images = images_below(folder);
  const bool colour =
      std::any_of(images.begin(), images.end(), [](const fs::path& file) { return Png(file).has_colour(); });
  const size_t channels = colour ? 3 : 1;
  std::vector<uint8_t> values;
  size_t height = 0, width = 0;
  for (const fs::path& file : images) {
    Png image(file);
    if (values.empty()) height = image.height(), width = image.width();
    if (image.height() != height || image.width() != width)
      image.refuse(fmt::format("is {} x {} and {} is {} x {}", image.height(), image.width(),
                               images[0].filename().string(), height, width));
    append_planes(image.pixels(colour), channels, values);
  }
  const Shape shape{static_cast<int64_t>(images.size()), static_cast<int64_t>(channels), static_cast<int64_t>(height),
                    static_cast<int64_t>(width)};
  return {.shape = shape, .values = std::move(values)};
}

Array read_png_labels(const fs::path& folder) {
  std::vector<std::string> classes;
  for (const fs::path& file : images_below(folder)) {
    const fs::path inside = file.lexically_relative(folder).parent_path();
    if (inside.empty())
      throw UserError(file.string() + ": lies in no folder of its class; expected " + folder.string() +
                      "/<class>/*.png");
    classes.push_back(inside.string());
  }
  return coded(classes);
}

}  // namespace elbo::data
