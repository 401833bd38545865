#include "report/sparkline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace elbo::report {
namespace {

constexpr const char* bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

double mean_of_finite(std::span<const double> values) {
  double sum = 0, count = 0;
  for (const double v : values)
    if (std::isfinite(v)) sum += v, ++count;
  return count > 0 ? sum / count : std::nan("");
}

/// Of the colours 16-231 (a cube) and 232-255 (greys) that terminals have in common.
int colour(const uint8_t* pixel, size_t channels) {
  if (channels == 1) {
    const int grey = (pixel[0] * 25 + 127) / 255;  // black, 24 greys, white
    return grey == 0 ? 16 : grey == 25 ? 231 : 231 + grey;
  }
  const auto level = [](uint8_t value) { return (value * 5 + 127) / 255; };
  return 16 + 36 * level(pixel[0]) + 6 * level(pixel[1]) + level(pixel[2]);
}

}  // namespace

std::string sparkline(std::span<const double> values, size_t width, bool utf8) {
  const size_t count = std::min(width, values.size());
  std::vector<double> means;
  for (size_t i = 0; i < count; ++i) {
    const size_t first = i * values.size() / count, last = (i + 1) * values.size() / count;
    means.push_back(mean_of_finite(values.subspan(first, last - first)));
  }
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double m : means)
    if (!std::isnan(m)) low = std::min(low, m), high = std::max(high, m);
  const size_t levels = utf8 ? std::size(bars) : 10;
  std::string text;
  for (const double m : means) {
    const double share = high > low ? (m - low) / (high - low) : 0.5;
    const auto level = static_cast<size_t>(std::isnan(m) ? 0 : share * static_cast<double>(levels - 1) + 0.5);
    text += std::isnan(m) ? " " : utf8 ? bars[level] : std::to_string(level);
  }
  return text;
}

std::string blocks(std::span<const uint8_t> pixels, size_t height, size_t width, size_t channels) {
  std::string text;
  for (size_t y = 0; y < height; y += 2) {
    for (size_t x = 0; x < width; ++x) {
      const auto at = [&](size_t row) { return colour(&pixels[(row * width + x) * channels], channels); };
      text += fmt::format("\x1b[38;5;{};48;5;{}m▀", at(y), y + 1 < height ? at(y + 1) : 16);
    }
    text += "\x1b[0m\n";
  }
  return text;
}

}  // namespace elbo::report
