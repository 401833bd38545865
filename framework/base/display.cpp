#include "base/display.hpp"

#include <locale.h>
#include <sys/ioctl.h>
#include <wchar.h>

#include <algorithm>

namespace elbo {
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

size_t terminal_width(int fd, size_t otherwise) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : otherwise;
}

}  // namespace elbo
