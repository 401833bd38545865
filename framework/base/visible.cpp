#include "base/visible.hpp"

namespace elbo::host {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Bytes of the control character that begins the text; 0 where it begins with another.
size_t control_at(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const auto within = [](int b, int first, int last) { return first <= b && b <= last; };
  if (byte(0) == '\t' || byte(0) == '\n' || (byte(0) == '\r' && byte(1) == '\n')) return 0;
  if (byte(0) < ' ' || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && within(byte(1), 0x80, 0x9F)) return 2;
  const bool turns = (byte(1) == 0x80 && (within(byte(2), 0x8E, 0x8F) || within(byte(2), 0xAA, 0xAE))) ||
                     (byte(1) == 0x81 && within(byte(2), 0xA6, 0xA9));
  return byte(0) == 0xE2 && turns ? 3 : 0;
}

}  // namespace

std::string visible(std::string_view text) {
  std::string seen;
  seen.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t bytes = control_at(text.substr(i));
    if (bytes > 0) seen += replacement;
    else seen += text[i];
    i += bytes > 0 ? bytes : 1;
  }
  return seen;
}

}  // namespace elbo::host
