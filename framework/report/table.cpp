#include "report/table.hpp"

#include <algorithm>

#include "base/display.hpp"

namespace elbo::report {
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

}  // namespace elbo::report
