#include "base/display.hpp"

#include <locale.h>
#include <sys/ioctl.h>
#include <wchar.h>

#include <algorithm>
#include <cctype>

namespace elbo::host {
namespace {

/// wcwidth and mbrtowc follow the thread's locale, which must not depend on the user's settings here.
class Utf8 {
 public:
  Utf8() : previous_(uselocale(locale())) {}
  ~Utf8() { uselocale(previous_); }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;

 private:
  static locale_t locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return utf8 ? utf8 : LC_GLOBAL_LOCALE;
  }
  locale_t previous_;
};

struct Glyph {
  std::string_view bytes;  // "?" for what cannot be shown
  size_t columns = 0;
};

/// Takes the first character off the text.
Glyph next_glyph(std::string_view& text) {
  wchar_t character = 0;
  mbstate_t state{};
  const size_t length = mbrtowc(&character, text.data(), text.size(), &state);
  if (length == 0 || length > text.size()) {  // a zero byte, a damaged or an unfinished character
    const bool zero = text.front() == '\0';
    text.remove_prefix(1);
    return zero ? Glyph{} : Glyph{"?", 1};
  }
  const Glyph glyph{text.substr(0, length), static_cast<size_t>(std::max(0, wcwidth(character)))};
  text.remove_prefix(length);
  const bool control = wcwidth(character) < 0;
  return control ? Glyph{} : glyph;
}

/// One line, its indentation kept.
std::string wrapped_line(std::string_view line, size_t width) {
  const size_t indent = std::min(line.find_first_not_of(' '), line.size());
  std::string all(line.substr(0, indent));
  size_t used = indent;
  bool is_first = true;
  for (line.remove_prefix(indent); !line.empty();) {
    const size_t end = std::min(line.find(' '), line.size()), columns = display_width(line.substr(0, end));
    if (!is_first && used + 1 + columns > width) {
      all += '\n' + std::string(indent + 2, ' ');
      used = indent + 2;
    } else if (!is_first) {
      all += ' ';
      ++used;
    }
    all += line.substr(0, end);
    used += columns;
    is_first = false;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return all;
}

bool is_letter_or_digit(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80) || c == '_' || c == '.' || c == '-' || c == '+';
}

/// How many bytes all names begin with, up to the end of a word.
size_t common_words(const std::vector<std::string>& names) {
  size_t common = names[0].size();
  for (const std::string& name : names) {
    size_t n = 0;
    while (n < std::min(common, name.size()) && name[n] == names[0][n]) ++n;
    common = n;
  }
  while (common > 0 && is_letter_or_digit(names[0][common - 1])) --common;
  return common;
}

/// How many all end with, from the beginning of a word, beyond the first `front`.
size_t common_words_at_end(const std::vector<std::string>& names, size_t front) {
  size_t common = names[0].size() - front;
  for (const std::string& name : names) {
    size_t n = 0;
    while (n < std::min(common, name.size() - front) && name[name.size() - 1 - n] == names[0][names[0].size() - 1 - n])
      ++n;
    common = n;
  }
  while (common > 0 && is_letter_or_digit(names[0][names[0].size() - common])) --common;
  return common;
}

}  // namespace

size_t display_width(std::string_view text) {
  const Utf8 utf8;
  size_t columns = 0;
  while (!text.empty()) columns += next_glyph(text).columns;
  return columns;
}

std::string cut_to_width(std::string_view text, size_t width) {
  const bool too_long = display_width(text) > width;
  const size_t room = too_long && width > 0 ? width - 1 : width;
  const Utf8 utf8;
  std::string fitting;
  for (size_t columns = 0; !text.empty();) {
    const Glyph glyph = next_glyph(text);
    if (columns + glyph.columns > room) break;
    fitting += glyph.bytes;
    columns += glyph.columns;
  }
  return too_long && width > 0 ? fitting + "…" : fitting;
}

std::string pad_to_width(std::string_view text, size_t width, bool right_aligned) {
  std::string cell = cut_to_width(text, width);
  const std::string fill(width - display_width(cell), ' ');
  return right_aligned ? fill + cell : cell + fill;
}

std::string wrapped(std::string_view text, size_t width) {
  if (width == 0) return std::string(text);
  std::string all;
  for (bool more = true; more;) {
    const size_t end = text.find('\n');
    more = end != std::string_view::npos;
    all += wrapped_line(text.substr(0, end), width) + (more ? "\n" : "");
    if (more) text.remove_prefix(end + 1);
  }
  return all;
}

std::vector<std::string> short_names(const std::vector<std::string>& names, size_t width) {
  const auto fits = [width](const std::string& name) { return display_width(name) <= width; };
  if (names.size() < 2 || std::all_of(names.begin(), names.end(), fits)) return names;
  const size_t front = common_words(names), back = common_words_at_end(names, front);
  std::vector<std::string> shorter;
  for (const std::string& name : names)
    shorter.push_back((front > 0 ? "…" : "") + name.substr(front, name.size() - front - back) + (back > 0 ? "…" : ""));
  return shorter;
}

size_t terminal_width(int fd, size_t otherwise) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : otherwise;
}

}  // namespace elbo::host
