#include "plugins/printable.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace elbo::host::plugins {
namespace {

// C1 controls (U+0080 .. U+009F) start escape sequences on some terminals; in UTF-8 they are C2 80 .. C2 9F.
bool is_c1_control(std::string_view text, size_t at) {
  return text[at] == '\xc2' && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

}  // namespace

std::string printable(std::string_view text, size_t limit) {
  using nlohmann::json;
  const json raw = std::string(text.substr(0, limit));
  const std::string utf8 = json::parse(raw.dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
  std::string clean;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    const bool c1 = is_c1_control(utf8, i);
    clean += c < 0x20 || c == 0x7f || c1 ? ' ' : utf8[i];
    if (c1) ++i;
  }
  return clean;
}

std::string one_line(std::string_view text) {
  text = text.substr(0, text.find("\nException raised from "));
  std::string line;
  for (size_t at = 0; at < text.size();) {
    const size_t first = std::min(text.find_first_not_of(" \t\r\n", at), text.size()),
                 end = std::min(text.find('\n', first), text.size());
    const size_t last = text.find_last_not_of(" \t\r\n", end - (end > first));
    if (first < end) (line += line.empty() ? "" : " ") += text.substr(first, last + 1 - first);
    at = end + 1;
  }
  return printable(line);
}

}  // namespace elbo::host::plugins
