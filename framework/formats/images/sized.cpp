#include "formats/images/sized.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace elbo::host::formats {
namespace {

/// Sums of products of two weights and a value: two weights alone may have 60 bits.
__extension__ typedef unsigned __int128 Wide;

/// What one new pixel takes of the stored ones first, first + 1, ... along one side.
struct Taps {
  int64_t first = 0;
  std::vector<uint64_t> weights{};
};

/// Along a side on which n stored pixels become m. All have the same sum, which is `total`.
struct SideWeights {
  std::vector<Taps> taps{};
  std::vector<uint64_t> totals{};
};

/// In units in which a stored pixel is m long and a new one n, so that all is whole.
uint64_t area_weight(int64_t i, int64_t j, int64_t n, int64_t m) {
  return static_cast<uint64_t>(std::max<int64_t>(0, std::min((i + 1) * m, (j + 1) * n) - std::max(i * m, j * n)));
}

/// The distance of the middles is |(2 i + 1) m - (2 j + 1) n| / 2 m stored pixels.
uint64_t bilinear_weight(int64_t i, int64_t j, int64_t n, int64_t m) {
  return static_cast<uint64_t>(std::max<int64_t>(0, 2 * std::max(n, m) - std::abs((2 * i + 1) * m - (2 * j + 1) * n)));
}

SideWeights weights_of(int64_t n, int64_t m, bool bilinear) {
  SideWeights side;
  const int64_t reach = std::max<int64_t>(1, (n + m - 1) / m) + 1;
  for (int64_t j = 0; j < m; ++j) {
    const int64_t middle = (2 * j + 1) * n / (2 * m);
    Taps taps{.first = std::max<int64_t>(0, middle - reach)};
    for (int64_t i = taps.first; i < std::min(n, middle + reach + 1); ++i)
      taps.weights.push_back(bilinear ? bilinear_weight(i, j, n, m) : area_weight(i, j, n, m));
    side.totals.push_back(std::accumulate(taps.weights.begin(), taps.weights.end(), uint64_t{0}));
    side.taps.push_back(std::move(taps));
  }
  return side;
}

/// Of each row its new pixels, not yet divided by their weights: [height, width of the new image, channels].
std::vector<uint64_t> sums_of_rows(const Pixels& image, const SideWeights& side) {
  std::vector<uint64_t> sums;
  sums.reserve(static_cast<size_t>(image.height * image.channels) * side.taps.size());
  for (int64_t y = 0; y < image.height; ++y)
    for (const Taps& taps : side.taps)
      for (int64_t channel = 0; channel < image.channels; ++channel) {
        const uint16_t* value = image.values.data() + (y * image.width + taps.first) * image.channels + channel;
        uint64_t sum = 0;
        for (const uint64_t weight : taps.weights) sum += weight * *value, value += image.channels;
        sums.push_back(sum);
      }
  return sums;
}

Pixels part_of(const Pixels& image, ImageSize size) {
  if (size == ImageSize{image.height, image.width}) return image;
  Pixels part{.height = size.height, .width = size.width, .channels = image.channels};
  const int64_t top = (image.height - size.height) / 2, left = (image.width - size.width) / 2;
  for (int64_t y = 0; y < size.height; ++y) {
    const auto first = image.values.begin() + ((top + y) * image.width + left) * image.channels;
    part.values.insert(part.values.end(), first, first + size.width * image.channels);
  }
  return part;
}

Pixels padded(const Pixels& image, ImageSize size, int64_t value) {
  Pixels larger{.height = size.height, .width = size.width, .channels = image.channels};
  larger.values.assign(static_cast<size_t>(size.height * size.width * image.channels), static_cast<uint16_t>(value));
  const int64_t top = (size.height - image.height) / 2, left = (size.width - image.width) / 2;
  for (int64_t y = 0; y < image.height; ++y) {
    const auto first = image.values.begin() + y * image.width * image.channels;
    std::copy(first, first + image.width * image.channels,
              larger.values.begin() + ((top + y) * size.width + left) * image.channels);
  }
  return larger;
}

/// The largest part of the shape of `like`; as large as `stored` where that has it.
ImageSize largest_part(ImageSize stored, ImageSize like) {
  const auto scaled = [](int64_t side, int64_t to, int64_t from) {
    return std::max<int64_t>(1, (2 * side * to + from) / (2 * from));
  };
  if (stored.height * like.width > stored.width * like.height)
    return {std::min(stored.height, scaled(stored.width, like.height, like.width)), stored.width};
  return {stored.height, std::min(stored.width, scaled(stored.height, like.width, like.height))};
}

/// Where an image is smaller than the part that is cut of it, padding can make up for it.
ImageSize cropped_size(ImageSize stored, const ImageOptions& options) {
  if (options.crop.height == 0) return stored;
  return {std::min(stored.height, options.crop.height), std::min(stored.width, options.crop.width)};
}

}  // namespace

Pixels composited(Pixels image, const std::string& background, int64_t top, bool& is_transparent) {
  if (image.channels == 1 || image.channels == 3) return image;
  const auto limit = static_cast<uint64_t>(top);
  const uint64_t behind = background == "white" ? limit : background == "grey" ? (limit + 1) / 2 : 0;
  const auto all = static_cast<size_t>(image.channels), colours = all - 1;
  size_t to = 0;
  for (size_t pixel = 0; pixel < image.values.size(); pixel += all) {
    const uint64_t opacity = image.values[pixel + colours];
    is_transparent = is_transparent || opacity < limit;
    for (size_t channel = 0; channel < colours; ++channel)
      image.values[to++] = static_cast<uint16_t>(
          (image.values[pixel + channel] * opacity + behind * (limit - opacity) + limit / 2) / limit);
  }
  image.values.resize(to);
  --image.channels;
  return image;
}

Pixels resized(const Pixels& image, ImageSize size, bool bilinear) {
  if (size == ImageSize{image.height, image.width}) return image;
  const SideWeights across = weights_of(image.width, size.width, bilinear),
                    down = weights_of(image.height, size.height, bilinear);
  const std::vector<uint64_t> sums = sums_of_rows(image, across);
  const auto row = static_cast<size_t>(size.width * image.channels);
  Pixels scaled{.height = size.height, .width = size.width, .channels = image.channels};
  scaled.values.reserve(row * static_cast<size_t>(size.height));
  for (size_t y = 0; y < down.taps.size(); ++y)
    for (size_t x = 0; x < row; ++x) {
      Wide sum = 0;
      const uint64_t* value = sums.data() + static_cast<size_t>(down.taps[y].first) * row + x;
      for (const uint64_t weight : down.taps[y].weights) sum += static_cast<Wide>(weight) * *value, value += row;
      const Wide total = static_cast<Wide>(down.totals[y]) * across.totals[x / static_cast<size_t>(image.channels)];
      scaled.values.push_back(static_cast<uint16_t>((2 * sum + total) / (2 * total)));
    }
  return scaled;
}

ImageSize size_made(ImageSize stored, const ImageOptions& options, std::string& fault) {
  const ImageSize part = cropped_size(stored, options);
  const bool may_be_smaller = options.crop.height == 0 || (options.pad.height > 0 && options.resize.height == 0);
  if (!may_be_smaller && part != options.crop)
    fault = fmt::format("is {} x {}, smaller than crop = [{}, {}]", stored.height, stored.width, options.crop.height,
                        options.crop.width);
  const ImageSize size = options.resize.height > 0 ? options.resize : part;
  if (options.pad.height == 0) return size;
  if (size.height > options.pad.height || size.width > options.pad.width)
    fault = fmt::format("is {} x {}, larger than pad = [{}, {}]", size.height, size.width, options.pad.height,
                        options.pad.width);
  return options.pad;
}

Pixels sized(Pixels image, const ImageOptions& options) {
  image = part_of(image, cropped_size({image.height, image.width}, options));
  if (options.resize.height > 0) {
    const ImageSize now{image.height, image.width};
    if (options.keep_aspect) image = part_of(image, largest_part(now, options.resize));
    image = resized(image, options.resize, options.bilinear);
  }
  return options.pad.height > 0 ? padded(image, options.pad, options.pad_value) : image;
}

}  // namespace elbo::host::formats
