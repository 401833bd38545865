// Decodes the images of a folder into one array.
#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/images/image_file.hpp"
#include "base/memory.hpp"
#include "formats/images/image_folder.hpp"
#include "formats/images/sized.hpp"

namespace elbo::host::formats {
namespace fs = std::filesystem;
namespace {

std::string in_words(ImageSize size) { return fmt::format("{} x {}", size.height, size.width); }

/// One size is none of the sizes' business: only transforms give unequal images one.
[[noreturn]] void refuse_unequal(const ImageFolder& images, const ImageSurvey& survey) {
  const auto& [smallest, file] = *survey.first_file.begin();
  const auto& [largest, other] = *survey.first_file.rbegin();
  throw UserError(fmt::format(
      "{}: its images have {} sizes, as {} ({}) and {} ({}); expected one; set dataset.resize = [{}, {}], or crop or "
      "pad, "
      "which make other data of them",
      images.folder.string(), survey.sizes.size(), in_words({smallest.first, smallest.second}),
      file.filename().string(), in_words({largest.first, largest.second}), other.filename().string(), smallest.first,
      smallest.second));
}

/// The size that all images get.
ImageSize size_of_all(const ImageFolder& images, const ImageSurvey& survey, const ImageOptions& options) {
  ImageSize size;
  for (const auto& [stored, file] : survey.first_file) {
    std::string fault;
    const ImageSize made = size_made({stored.first, stored.second}, options, fault);
    if (!fault.empty())
      throw UserError(
          fmt::format("{}: {}; expected an image for which that can be done; set dataset.resize, or "
                      "another size",
                      file.string(), fault));
    if (size.height > 0 && made != size) refuse_unequal(images, survey);
    size = made;
  }
  return size;
}

void check_memory(const ImageFolder& images, ImageSize size, int64_t channels, size_t bytes_of_a_value) {
  const double needed = static_cast<double>(images.files.size()) * static_cast<double>(size.height * size.width) *
                        static_cast<double>(channels) * static_cast<double>(bytes_of_a_value);
  if (needed > machine_memory())
    throw UserError(
        fmt::format("{}: its {} images of {} take {:.1f} GB, and the machine has {:.1f}; expected less; set "
                    "a smaller dataset.resize",
                    images.folder.string(), images.files.size(), in_words(size), needed / 1e9, machine_memory() / 1e9));
}

/// Images of one depth and one number of channels, one after another in planes.
struct Stack {
  int64_t channels = 1, bits = 8;
  std::vector<uint8_t> bytes{};
  std::vector<float> floats{};

  /// A grey image under colour has its value in each channel; one that is grey in colours needs one of them.
  void add(const Pixels& image) {
    const auto step = static_cast<size_t>(image.channels);
    for (size_t channel = 0; channel < static_cast<size_t>(channels); ++channel)
      for (size_t i = std::min(channel, step - 1); i < image.values.size(); i += step) {
        if (bits == 16) floats.push_back(static_cast<float>(image.values[i]));
        else bytes.push_back(static_cast<uint8_t>(image.values[i]));
      }
  }
};

std::vector<std::string> notes_of(const ImageFolder& images, const ImageSurvey& survey, bool is_opaque) {
  std::vector<std::string> notes;
  const auto add = [&](int64_t number, const std::string& what, const std::string& example = "") {
    if (number > 0)
      notes.push_back(fmt::format("{}: {}{}", what, number, example.empty() ? "" : ", such as " + example));
  };
  add(images.hidden, "hidden files skipped");
  add(images.others, "files of other kinds skipped", images.other);
  add(images.beside, "images beside the folders of classes left out", images.beside_folder);
  add(survey.turned, "images turned upright as their EXIF data say");
  if (is_opaque) add(survey.with_alpha, "alpha channels left out, since every pixel is opaque");
  if (survey.with_colour > 0)
    add(survey.images - survey.with_colour, "grey images among those in colour, whose value all channels get");
  return notes;
}

/// 8 bits as 16: the brightest value stays the brightest.
Pixels deepened(Pixels image, int64_t from, int64_t to) {
  if (from < to)
    for (uint16_t& value : image.values) value = static_cast<uint16_t>(value * 257);
  return image;
}

Pixels opaque_pixels(const fs::path& path, const ImageFile& file, const ImageOptions& options, bool& is_transparent) {
  bool is_this_transparent = false;
  Pixels image = composited(file.pixels(), options.background, file.header().top(), is_this_transparent);
  if (is_this_transparent && options.background.empty())
    throw UserError(
        fmt::format("{}: has transparent pixels; expected opaque ones, or what they are laid over; set "
                    "dataset.background = \"white\", \"grey\" or \"black\", which makes other data of them",
                    path.string()));
  is_transparent = is_transparent || is_this_transparent;
  return image;
}

}  // namespace

bool has_transparency(const ImageFolder& images) {
  bool is_transparent = false;
  for (const fs::path& path : images.files) {
    const ImageFile file(path);
    if (file.header().alpha) composited(file.pixels(), "", file.header().top(), is_transparent);
    if (is_transparent) break;
  }
  return is_transparent;
}

Array read_images(const Request& request, std::string_view extensions) {
  const ImageFolder images = find_images(request.path, extensions);
  const ImageSurvey survey = survey_of(images);
  const ImageOptions& options = request.images;
  const ImageSize size = size_of_all(images, survey, options);
  Stack stack{.channels = survey.with_colour > 0 ? 3 : 1, .bits = survey.bits};
  check_memory(images, size, stack.channels, stack.bits == 16 ? sizeof(float) : 1);
  if (options.pad.height > 0 && options.pad_value >= int64_t{1} << stack.bits)
    throw UserError(fmt::format("{}: pad_value is {}, and its images hold values up to {}; expected one of those",
                                images.folder.string(), options.pad_value, (1 << stack.bits) - 1));
  ImageFacts facts{.levels = int64_t{1} << stack.bits};
  for (const fs::path& path : images.files) {
    const ImageFile file(path);
    const ImageHeader& header = file.header();
    facts.has_other_sizes = facts.has_other_sizes || size != ImageSize{header.height, header.width};
    Pixels image = opaque_pixels(path, file, options, facts.has_transparency);
    stack.add(sized(deepened(std::move(image), header.bits, stack.bits), options));
  }
  Array array{.shape = {static_cast<int64_t>(images.files.size()), stack.channels, size.height, size.width},
              .values = {},
              .notes = notes_of(images, survey, !facts.has_transparency),
              .images = facts};
  if (stack.bits == 16) array.values = std::move(stack.floats);
  else array.values = std::move(stack.bytes);
  return array;
}

}  // namespace elbo::host::formats
