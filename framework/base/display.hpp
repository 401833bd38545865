// Text on a terminal: how many columns it takes, and how to make it fit.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace elbo::host {

/// Columns that UTF-8 text takes; bytes that are not UTF-8 count as one column, control characters as none.
size_t display_width(std::string_view text);
/// The text without control characters, cut to `width` columns; the last column is an ellipsis when something
/// was cut off.
std::string cut_to_width(std::string_view text, size_t width);
/// Cut, then filled with spaces to exactly `width` columns.
std::string pad_to_width(std::string_view text, size_t width, bool right_aligned = false);
/// Each line broken between words so that none is wider than `width` (0: no limit), unless one word is; what goes on stands two
/// columns further in.
std::string wrapped(std::string_view text, size_t width);
/// The names, if one is wider than `width` without what all of them begin and end with; "…" stands for that. What tells them
/// apart is never cut, so that they may remain wider.
std::vector<std::string> short_names(const std::vector<std::string>& names, size_t width);
/// Columns of the terminal behind the file descriptor; `otherwise` when it is none.
size_t terminal_width(int fd, size_t otherwise);

}  // namespace elbo::host
