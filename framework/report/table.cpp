#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/display.hpp"

namespace elbo::host::report {
namespace {

constexpr size_t gap = 2;
constexpr size_t room_for_names = 24;  // so many columns the names in the first one may always take

std::string bracketed_unit(const Column& column) { return column.unit.empty() ? "" : "[" + column.unit + "]"; }

std::vector<size_t> natural_widths(const std::vector<Column>& columns, const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns.size(); ++c) {
    size_t widest = std::max(display_width(columns[c].name), display_width(bracketed_unit(columns[c])));
    for (const Row& row : rows) widest = std::max(widest, display_width(row[c]));
    widths.push_back(widest);
  }
  return widths;
}

/// The columns of each table: all in one, or as many as fit beside the first.
std::vector<std::vector<size_t>> blocks_of(const std::vector<size_t>& widths, size_t width) {
  std::vector<std::vector<size_t>> blocks = {{0}};
  size_t used = widths[0];
  for (size_t c = 1; c < widths.size(); ++c) {
    const bool fits = width == 0 || used + gap + widths[c] <= width;
    if (!fits && blocks.back().size() > 1) {
      blocks.push_back({0});
      used = widths[0];
    }
    blocks.back().push_back(c);
    used += gap + widths[c];
  }
  return blocks;
}

std::string line(const std::vector<size_t>& chosen, const std::vector<Column>& columns,
                 const std::vector<size_t>& widths, const auto& cell_of) {
  std::string text;
  for (const size_t c : chosen) {
    if (!text.empty()) text.append(gap, ' ');
    text += pad_to_width(cell_of(c), widths[c], !columns[c].is_text);
  }
  return text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
}

void shorten_names(std::vector<Row>& rows, size_t width) {
  std::vector<std::string> names;
  for (const Row& row : rows) names.push_back(row[0]);
  names = short_names(names, width);
  for (size_t r = 0; r < rows.size(); ++r) rows[r][0] = names[r];
}

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

std::string format_table(const std::vector<Column>& columns, const std::vector<Row>& all_rows, size_t width) {
  if (columns.empty()) return "";
  std::vector<Row> rows = all_rows;
  std::vector<size_t> widths = natural_widths(columns, rows);
  size_t total = gap * (widths.size() - 1);
  for (const size_t w : widths) total += w;
  if (width > 0 && total > width) {
    shorten_names(rows, std::max(room_for_names, widths[0] - std::min(total - width, widths[0])));
    widths = natural_widths(columns, rows);
  }
  std::string text;
  for (const auto& block : blocks_of(widths, width)) {
    if (!text.empty()) text += '\n';
    text += line(block, columns, widths, [&](size_t c) { return columns[c].name; });
    const bool has_units = std::any_of(block.begin(), block.end(), [&](size_t c) { return !columns[c].unit.empty(); });
    if (has_units) text += line(block, columns, widths, [&](size_t c) { return bracketed_unit(columns[c]); });
    text += line(block, columns, widths, [&](size_t c) { return std::string(widths[c], '-'); });
    for (const Row& row : rows) text += line(block, columns, widths, [&](size_t c) { return row[c]; });
  }
  return text;
}

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

std::string list_in_words(std::vector<std::string> names, size_t most) {
  if (names.size() > most) {
    const std::string more = std::to_string(names.size() - most + 1) + " more";
    names.resize(most - 1);
    names.push_back(more);
  }
  if (names.size() < 2) return join(names);
  const bool any_comma = std::any_of(names.begin(), names.end(),
                                     [](const std::string& name) { return name.find(',') != std::string::npos; });
  return join({names.begin(), names.end() - 1}, any_comma ? "; " : ", ") + (any_comma ? "; and " : " and ") +
         names.back();
}

}  // namespace elbo::host::report
