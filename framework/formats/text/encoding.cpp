#include "formats/text/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include <elbo/error.hpp>

#include "formats/text/text_fields.hpp"

namespace elbo::host::formats {
namespace {

/// Of the bytes 0x80 to 0x9F; 0 for those that Windows-1252 does not have. The others are the code points of their own number.
constexpr std::array<uint16_t, 32> windows_1252 = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                   0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

unsigned char byte_at(std::string_view text, size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

std::string from_utf16(std::string_view bytes, bool is_big_endian) {
  const auto unit = [&](size_t i) {
    const uint32_t first = byte_at(bytes, i), second = byte_at(bytes, i + 1);
    return is_big_endian ? first << 8 | second : second << 8 | first;
  };
  std::string text;
  for (size_t i = 2; i + 1 < bytes.size(); i += 2) {
    const uint32_t high = unit(i);
    const uint32_t low = i + 3 < bytes.size() ? unit(i + 2) : 0;
    const bool is_pair = high >= 0xD800 && high < 0xDC00 && low >= 0xDC00 && low < 0xE000;
    append_utf8(text, is_pair ? 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00) : high);
    if (is_pair) i += 2;
  }
  return text;
}

/// Bytes of the character that begins here; 0 where the bytes are none of UTF-8 (RFC 3629).
size_t utf8_length(std::string_view text, size_t at) {
  const unsigned char first = byte_at(text, at), second = byte_at(text, at + 1);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xC2 && first < 0xE0   ? 2
                        : first >= 0xE0 && first < 0xF0 ? 3
                        : first >= 0xF0 && first < 0xF5 ? 4
                                                        : 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte_at(text, at + i) & 0xC0) != 0x80) return 0;
  const bool is_overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool is_beyond = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return is_overlong || is_beyond ? 0 : length;
}

/// Where something begins for the first time, and how often in all.
struct Found {
  size_t first = 0, count = 0;
  void add(size_t at) {
    if (count++ == 0) first = at;
  }
};

[[noreturn]] void refuse(std::string_view text, size_t at, const std::string& file, const std::string& found) {
  const size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
  throw UserError(
      fmt::format("{}:{}: byte {} of the line, 0x{:02X}, {}; expected UTF-8; convert the file from the encoding that "
                  "it has, as by iconv "
                  "-f ISO-8859-2 -t UTF-8 {} > converted{}",
                  file, 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'),
                  at - begin + 1, byte_at(text, at), found, file, file.substr(std::min(file.size(), file.rfind('.')))));
}

std::string from_windows_1252(std::string_view bytes, const std::string& file) {
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 8);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const uint32_t byte = byte_at(bytes, i);
    const uint32_t code = byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte;
    if (code == 0 && byte != 0) refuse(bytes, i, file, "is neither UTF-8 nor Windows-1252");
    append_utf8(text, code);
  }
  return text;
}

}  // namespace

DecodedText decoded_text(std::span<const std::byte> bytes, const std::string& file) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto owned = [](std::string made, bool is_guess) {
    auto held = std::make_shared<const std::string>(std::move(made));
    return DecodedText{*held, held, is_guess};
  };
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return owned(from_utf16(text, text[0] == '\xFE'), false);
  const bool has_mark = text.starts_with("\xEF\xBB\xBF");
  if (has_mark) text.remove_prefix(3);
  Found several, wrong;  // characters of several bytes, and bytes that begin none
  for (size_t i = 0, length = 0; i < text.size(); i += std::max<size_t>(1, length)) {
    length = utf8_length(text, i);
    if (length > 1) several.add(i);
    if (length == 0) wrong.add(i);
  }
  if (wrong.count == 0) return {text};
  if (has_mark || several.count > 0)
    refuse(text, wrong.first, file,
           "is not UTF-8, and other characters of the file are: it has two encodings, or is damaged");
  return owned(from_windows_1252(text, file), true);
}

}  // namespace elbo::host::formats
