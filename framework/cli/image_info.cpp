#include "cli/image_info.hpp"

#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "cli/output.hpp"
#include "data/splits/split_parts.hpp"

namespace elbo::host::cli {
namespace {

std::string modes_in_words(const formats::ImageSurvey& survey) {
  std::vector<std::string> words;
  for (const auto& [mode, count] : survey.modes) words.push_back(fmt::format("{} ({})", mode, count));
  return join(words);
}

/// "folders train, test; a folder for each class"
std::string layout_in_words(const DataConfig& config) {
  std::vector<std::string> notes, parts;
  bool has_classes = false;
  for (const data::Description::File& file : data::image_files(config.path, notes)) {
    if (file.role.ends_with("labels")) has_classes = true;
    else if (file.role != "x")
      parts.push_back(fmt::format("{} in {}", file.role.substr(0, file.role.size() - 2), file.name));
  }
  const std::string split = parts.empty() ? "" : join(parts) + "; ";
  return split + (has_classes ? "a folder for each class" : "no folders of classes");
}

/// The names that the format takes for images.
formats::ImageFolder images_of(const DataConfig& config) {
  return formats::find_images(config.path, config.format == "png" ? formats::png_names : formats::image_names);
}

}  // namespace

observation::ImageChoice look_at_images(const DataConfig& config) {
  const formats::ImageFolder images = images_of(config);
  return observation::choice_for_images(config, formats::survey_of(images), formats::has_transparency(images));
}

DataConfig print_images(const DataConfig& config) {
  const formats::ImageFolder images = images_of(config);
  const formats::ImageSurvey survey = formats::survey_of(images);
  print_field("images", std::to_string(survey.images));
  print_field("sizes", observation::sizes_in_words(survey));
  print_field("modes", modes_in_words(survey));
  print_field("layout", layout_in_words(config));
  const auto choice = observation::choice_for_images(config, survey, formats::has_transparency(images));
  if (!choice.resize_reason.empty())
    print_field("set", fmt::format("resize = {}, since {}; or crop, or pad", to_string(Value(choice.config.resize)),
                                   choice.resize_reason));
  if (!choice.background_reason.empty())
    print_field("set", fmt::format("background = \"{}\", since pixels are transparent; or \"grey\", or \"black\"",
                                   choice.config.background));
  return choice.config;
}

}  // namespace elbo::host::cli
