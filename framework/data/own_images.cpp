#include "data/own_images.hpp"

#include <fmt/format.h>

#include <elbo/error.hpp>

namespace elbo::host::data {
namespace {

constexpr int64_t most_channels = 4;  // that are recognised as such

formats::ImageSize size_in(const std::string& key, const std::vector<int64_t>& numbers) {
  if (numbers.empty()) return {};
  if (numbers.size() != 2)
    throw UserError(fmt::format("[dataset] {} = [{}]: has {} number{}; expected two, height and width, as [32, 32]",
                                key, fmt::join(numbers, ", "), numbers.size(), numbers.size() == 1 ? "" : "s"));
  return {numbers[0], numbers[1]};
}

/// The first images of which something is known: all others are compared with them.
const Description::File* part_before(const Description& d, const Description::File& file) {
  for (const Description::File& other : d.files)
    if (other.role != file.role && other.role.ends_with("x") && other.seen) return &other;
  return nullptr;
}

}  // namespace

formats::ImageOptions image_options(const DataConfig& config) {
  return {.background = config.background,
          .crop = size_in("crop", config.crop),
          .resize = size_in("resize", config.resize),
          .pad = size_in("pad", config.pad),
          .bilinear = config.resize_filter == "bilinear",
          .keep_aspect = config.resize_aspect == "crop",
          .pad_value = config.pad_value};
}

void add_image_part(const Shape& shape, const formats::ImageFacts& facts, const Description::File& file,
                    Description& d) {
  const Description::File* before = part_before(d, file);
  const auto refuse = [&](const std::string& now, const std::string& then, const std::string& remedy) {
    throw UserError(fmt::format("{}: its images in {} {} and those in {} {}; expected one kind; {}", d.source,
                                file.name, now, before->name, then, remedy));
  };
  if (before) {
    const Shape& other = before->seen->shape;
    if (shape[1] != other[1])
      refuse(shape[1] == 1 ? "are grey" : "have colour", other[1] == 1 ? "are grey" : "have colour",
             "convert those in colour, as by mogrify -colorspace Gray");
    if (shape != Shape{shape[0], other[1], other[2], other[3]})
      refuse(fmt::format("are {} x {}", shape[2], shape[3]), fmt::format("{} x {}", other[2], other[3]),
             fmt::format("set dataset.resize = [{}, {}], or crop or pad", other[2], other[3]));
    if (facts.levels != d.image_facts.levels)
      refuse(facts.levels > 256 ? "have 16 bits a value" : "have 8 bits a value",
             facts.levels > 256 ? "have 8" : "have 16", "convert those of 16 bits, as by mogrify -depth 8");
  }
  d.image_facts.levels = facts.levels;
  d.image_facts.has_transparency = d.image_facts.has_transparency || facts.has_transparency;
  d.image_facts.has_other_sizes = d.image_facts.has_other_sizes || facts.has_other_sizes;
}

bool has_channels_last(const Shape& all, const std::string& layout, Description& d) {
  if (!layout.empty()) return layout == "channels_last";
  const int64_t first = all[1], middle = all[2], last = all[3];
  if (first <= most_channels) return false;
  if (last <= most_channels) return true;
  if (first != middle && middle != last)
    throw UserError(
        fmt::format("{}: holds arrays [{}, {}, {}], and nothing tells which of these are the channels; "
                    "expected images; set dataset.layout = \"channels_first\" or \"channels_last\"",
                    d.source, first, middle, last));
  const bool is_last = first == middle && middle != last;
  if (!is_last)
    d.notes.push_back(
        fmt::format("the data {} are taken for {} channels of height {} and width {}; layout = "
                    "\"channels_last\" says otherwise",
                    to_string(all), first, middle, last));
  return is_last;
}

void put_channels_first(formats::Array& x, const Shape& shape) {
  const int64_t channels = shape[0], pixels = shape[1] * shape[2];
  std::visit(
      [&](auto& values) {
        auto turned = values;
        for (size_t i = 0; i < values.size(); ++i) {
          const auto at = static_cast<int64_t>(i);
          const int64_t image = at / (pixels * channels), pixel = at / channels % pixels, channel = at % channels;
          turned[static_cast<size_t>((image * channels + channel) * pixels + pixel)] = values[i];
        }
        values = std::move(turned);
      },
      x.values);
}

}  // namespace elbo::host::data
