#include "formats/images/image_folder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/images/image_file.hpp"

namespace elbo::host::formats {
namespace fs = std::filesystem;
namespace {

constexpr double most_beside = 0.05;  // of the images: those beside folders of classes are taken for strays

/// What begins with a dot (.ipynb_checkpoints, the ._ files of macOS) or is put there by an archiver.
bool is_hidden(const fs::path& inside) {
  return std::any_of(inside.begin(), inside.end(), [](const fs::path& part) {
    return (part.string().starts_with('.') && part != ".") || part == "__MACOSX" || part == "Thumbs.db" ||
           part == "desktop.ini";
  });
}

bool has_name_among(const fs::path& file, std::string_view extensions) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return !extension.empty() && extensions.find(" " + extension + " ") != std::string_view::npos;
}

void count(int64_t& number, std::string& first, const fs::path& inside) {
  if (++number == 1 || inside.string() < first) first = inside.string();
}

/// A few images beside many in folders are no data of a class: a contact sheet, a logo.
void leave_out_strays(ImageFolder& images) {
  const auto is_beside = [&](const fs::path& file) { return file.parent_path() == images.folder; };
  const auto beside = std::count_if(images.files.begin(), images.files.end(), is_beside);
  images.has_classes = beside < static_cast<std::ptrdiff_t>(images.files.size());
  if (!images.has_classes || static_cast<double>(beside) > most_beside * static_cast<double>(images.files.size()))
    return;
  for (const fs::path& file : images.files)
    if (is_beside(file)) count(images.beside, images.beside_folder, file.filename());
  std::erase_if(images.files, is_beside);
}

/// What to do with a folder without images, by the file in it that is named.
std::string advice_without_images(const fs::path& folder, const ImageFolder& images) {
  fs::path name = fs::path(images.other).filename();
  if (name.extension() == ".gz") name = name.stem();
  const auto& all = formats();
  const auto format = std::find_if(all.begin(), all.end(), [&](const Format* one) {
    return has_name_among(name, fmt::format(" {} ", one->extensions));
  });
  if (images.others == 0 || format == all.end())
    return "expected some, or folders of them; other formats can be converted, as by mogrify -format png";
  const std::string file = (folder / images.other).string();
  std::string joined;
  if ((*format)->part_key == "columns")
    joined =
        fmt::format("; parts of one table with the same header are joined by: awk 'FNR > 1 || NR == 1' {}/*{} > all{}",
                    folder.string(), name.extension().string(), name.extension().string());
  return fmt::format(
      "expected images, or one file of format {}; name that: path = \"{}\", with test_path = \"...\" where the "
      "test data lie in another file{}",
      (*format)->name, file, joined);
}

}  // namespace

ImageFolder find_images(const fs::path& folder, std::string_view extensions) {
  ImageFolder images{.folder = folder.lexically_normal()};
  if (!images.folder.has_filename()) images.folder = images.folder.parent_path();
  std::error_code refused;
  for (const auto& entry : fs::recursive_directory_iterator(images.folder, refused)) {
    std::error_code unreadable;
    if (entry.is_directory(unreadable)) continue;
    const fs::path inside = entry.path().lexically_relative(images.folder);
    if (is_hidden(inside)) ++images.hidden;
    else if (entry.is_regular_file(unreadable) && has_name_among(entry.path(), extensions))
      images.files.push_back(entry.path());
    else count(images.others, images.other, inside);
  }
  if (images.files.empty())
    throw UserError(fmt::format(
        "{}: holds no {} images{}; {}", folder.string(), extensions == png_names ? "PNG" : "PNG or JPEG",
        images.others > 0
            ? fmt::format(" but {} other file{}, such as {}", images.others, images.others > 1 ? "s" : "", images.other)
            : "",
        advice_without_images(images.folder, images)));
  std::sort(images.files.begin(), images.files.end());
  leave_out_strays(images);
  return images;
}

void ImageSurvey::add(const fs::path& file, const ImageHeader& header) {
  const std::pair size{header.height, header.width};
  ++images;
  ++sizes[size];
  first_file.try_emplace(size, file);
  ++modes[header.mode];
  bits = std::max(bits, header.bits);
  if (header.colour) ++with_colour;
  if (header.alpha) ++with_alpha;
  if (header.orientation != 1) ++turned;
}

ImageSurvey survey_of(const ImageFolder& images) {
  ImageSurvey survey;
  for (const fs::path& file : images.files) survey.add(file, ImageFile(file).header());
  return survey;
}

Array classes_of_images(const Request& request, std::string_view extensions) {
  const ImageFolder images = find_images(request.path, extensions);
  std::vector<std::string> classes;
  for (const auto& file : images.files) {
    const auto inside = file.lexically_relative(images.folder).parent_path();
    if (inside.empty())
      throw UserError(file.string() + ": lies in no folder of its class; expected it in " + images.folder.string() +
                      "/<class>");
    classes.push_back(inside.string());
  }
  return coded(classes);
}

}  // namespace elbo::host::formats
